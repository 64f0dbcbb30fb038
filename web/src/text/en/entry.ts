/** Words of the pages before a session. */
export const entry = {
  promisesLabel: 'What this bank promises',
  promises: {
    keys: {
      title: 'Your keys stay with you',
      about:
        'They are made in this browser and unlocked by you. The bank never sees them and cannot sign for you.',
    },
    signed: {
      title: 'Signed against tomorrow',
      about: 'Every instruction carries two signatures, one of them safe from quantum computers.',
    },
    proof: {
      title: 'A receipt that proves itself',
      about:
        'What was decided stands in a public log. Your browser checks the proof, and anyone can check it later, without the bank.',
    },
  },
  login: {
    about: 'With the keys in this browser. Nothing secret leaves it.',
    withDevice: 'Sign in with this device',
    nobody: 'This browser has no keys yet',
    nobodyAbout:
      'Become a customer here, redeem an invitation, or pair this browser with a device that you have.',
    notFinished: 'The keys of this browser are not certified yet',
    other: 'Sign in without this device',
    otherAbout: 'A password lets you look; only your device can sign.',
    email: 'E-mail',
    password: 'Password',
    code: 'Code of your authenticator',
    codeHint: 'Where you have set one up',
    passkey: 'Sign in with a passkey',
    ended: 'Your session has ended. Sign in again to go on where you were.',
  },
  demo: {
    title: 'Enter the demo bank',
    about:
      'Choose who to be. This browser makes its own keys and is paired as a second device of that person, as any new telephone would be.',
    notice: 'A demonstration on this machine: nothing here is real money.',
    enterAs: (role: string) => `Enter as ${role}`,
    entering: 'Making keys and pairing this browser',
    gone: 'This way in is closed',
    goneAbout:
      'Open the address that the demo printed on its terminal, with everything after the #. It works on the same machine only, while the demo runs.',
    deviceName: 'A browser',
  },
};
