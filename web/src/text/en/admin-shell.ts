/** Words of the menu, which are loaded with the frame. */
export const adminShell = {
  oversight: 'Oversight',
  administration: 'Administration',
  live: 'Live security',
  users: 'People',
  roles: 'Roles and rights',
  pki: 'Certificates',
  system: 'System',
};
