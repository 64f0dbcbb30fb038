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
};
