/** Words of lists and pickers of people. */
export const people = {
  search: 'Name or e-mail',
  role: 'Role',
  everyRole: 'Every role',
  name: 'Name',
  email: 'E-mail',
  state: 'State',
  since: 'Since',
  states: { active: 'Active', registered: 'Not enrolled yet', locked: 'Locked out' } as Record<
    string,
    string
  >,
  nobody: 'Nobody of that name',
  nobodyAbout: 'Search for a part of the name or of the e-mail address.',
  clear: 'Clear the search',
  invitations: {
    title: 'Invitations',
    about: 'New staff get their certificate after a second person has approved the invitation.',
    by: 'Invited by',
    approvedBy: 'Approved by',
    expires: 'Expires',
    states: {
      'waiting-for-approval': 'Waits for a second person',
      open: 'May enrol',
      redeemed: 'Enrolled',
      expired: 'Expired',
    } as Record<string, string>,
    none: 'Nobody was invited',
    noneAbout: 'Invitations of staff and customers stand here until they are used or expire.',
    approve: 'Approve',
    approveAbout: 'Once you sign, whoever holds the invitation may enrol in this role.',
    approved: (name: string) => `${name} may enrol now.`,
    own: 'You invited them: somebody else approves.',
  },
};
