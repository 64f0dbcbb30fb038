/** Names of the pages of managers and auditors in the menu: loaded with the first page, so nothing else is in here. */
export const staffMenu = {
  approvals: 'Approvals',
  customers: 'Customers',
  requests: 'Requests',
  trail: 'Trail',
  integrity: 'Integrity',
  accountability: 'Accountability',
};
