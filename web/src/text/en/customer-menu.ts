/** Names of the customer's pages: apart from their words, because the menu is loaded first and the words with a page. */
export const customerMenu = {
  home: 'Home',
  transfer: 'Send money',
  payees: 'Payees',
  payments: 'Payments',
  statements: 'Statements',
};
