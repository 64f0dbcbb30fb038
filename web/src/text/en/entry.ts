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
    passkeyAbout: 'Without a password: your passkey is two factors in one.',
    withPassword: 'Sign in with the password',
    ended: 'Your session has ended. Sign in again to go on where you were.',
    notYou: 'Not you, or a new start?',
    doors: {
      enrol: { title: 'Open your access', about: 'Become a customer, or redeem an invitation' },
      pair: { title: 'Pair with another device', about: 'Your signed-in device lets this browser in' },
      recover: { title: 'I lost every device', about: 'A manager of the bank lets you in again' },
    },
    pair: 'Pair with another device',
    recover: 'I lost every device',
    waitOne: 'Too many attempts: the bank takes no further one now.',
    waitFor: (seconds: number) =>
      seconds < 90
        ? `The bank takes the next attempt in ${seconds} seconds.`
        : `The bank takes the next attempt in ${Math.ceil(seconds / 60)} minutes.`,
    notKnown: 'The bank does not accept the keys of this browser any more',
    notKnownAbout:
      'They were replaced, revoked or have expired. Pair this browser with another device of yours, or recover your access.',
    stepUp: 'Second step',
    stepUpAbout: 'Your password is right. One more proof, and you see your accounts.',
    recoveryCode: 'Recovery code',
    recoveryCodeHint: 'One of the ten that you kept; each works once',
    useRecoveryCode: 'Use a recovery code',
    useCode: 'Use the authenticator',
    confirm: 'Confirm',
    onlyLook: 'Go on without',
    trust: 'Do not ask for a code in this browser for 30 days',
    notTrusted: 'This browser is not trusted: the bank does not allow it here',
  },
  agent: {
    program: 'Program',
    on: (browser: string, system: string) => `${browser} on ${system}`,
  },
  custody: {
    title: 'Where the keys of this browser will be',
    about: 'Keys are made here and never leave. You choose what unlocks them.',
    legend: 'Lock of the keys',
    looking: 'Looking at what this browser can do',
    tiers: {
      passkey: {
        name: 'Locked by your passkey',
        about:
          'Each time you sign, your finger, face or PIN unlocks the keys. Whoever opens this browser without you can sign nothing.',
      },
      device: {
        name: 'Kept by this browser',
        about:
          'The browser holds the keys so that nothing can take them out. Whoever can use this browser as you can sign.',
      },
      worker: {
        name: 'Kept in software',
        about:
          'This browser has no quantum-safe keys of its own, so the console signs in software, wrapped while at rest. Good enough to begin with; a newer browser is better.',
      },
    },
    best: 'Safest here',
  },
  becoming: {
    steps: {
      keys: 'Make the keys',
      request: 'Prove that they are ours',
      certificate: 'Have them certified',
      session: 'Sign in with them',
      delivery: 'Open the sealed certificate',
    },
    abouts: {
      keys: 'ML-DSA-65 with Ed25519 to sign, ML-KEM-768 with X25519 to receive. Made in this browser.',
      request: 'The request for the certificate is signed by the new key itself.',
      certificate: 'The bank writes it into its log; the receipt and the chain to its root are checked here.',
      session: 'A challenge, signed; a session that works on this device only.',
      delivery: 'The bank seals it to this device. It is opened, compared and checked to the root.',
    },
  },
  enrol: {
    title: 'Open your access',
    about: 'In a minute this browser has keys of its own, and you are a customer.',
    who: 'Who you are',
    ways: {
      register: { name: 'I am new here', about: 'Register as a customer' },
      invitation: { name: 'I have an invitation', about: 'Staff, and whoever the bank invited' },
    },
    name: 'Your name',
    nameHint: 'As in your passport',
    email: 'E-mail',
    emailHint: 'For what the bank has to tell you, and to recover your access',
    invitation: 'Invitation',
    invitationHint: 'One long word that begins with strongroom-invitation-1.',
    noInvitation: 'This is no invitation: copy the whole word, from its first letter to its last.',
    noEmail: 'This is no e-mail address.',
    noName: 'Say your name.',
    invited: (name: string, role: string) => `Invited: ${name}, ${role}`,
    twoPeople:
      'Staff are let in by two people: one invites, another approves. If the second has not signed yet, the bank says so, and you can try again later.',
    goOn: 'Go on',
    back: 'Back',
    make: 'Make my keys',
    kept: (name: string) => `You began as ${name}. Go on where you were.`,
    takeUp: 'Take it up',
    startAnew: 'Begin anew',
    working: 'Your keys are being made',
    workingAbout: 'Keep this page open. If your passkey is asked for, that is us.',
    failed: 'It did not work',
    taken: 'The bank does not take this registration',
    takenAbout:
      'Either its time is over, or the address belongs to somebody already. If that is you, pair this browser with your other device or recover your access.',
    notApproved: 'A second person has to approve your invitation',
    notApprovedAbout:
      'Ask an administrator or a manager to approve it, then try again here. Nothing is lost.',
    tryAgain: 'Try again',
    done: (name: string) => `Welcome, ${name}`,
    doneAbout: 'This browser is your device now. Only it can sign for you.',
    enter: 'Go to my bank',
    already: 'This browser has keys already',
    alreadyAbout: (name: string) =>
      `They are those of ${name}. Whoever enrols here now replaces them in this browser.`,
    signInInstead: 'Sign in instead',
    replace: 'Replace them',
    secure: 'Add a second way in',
    secureAbout:
      'Keys live in one browser. Pair a second device or keep recovery codes, so that losing this one costs you nothing.',
  },
  pair: {
    title: 'Pair this browser',
    about: 'It becomes a further device of yours, with keys of its own. Your other device lets it in.',
    whose: 'Your link',
    whoseHint: 'On the device that you have: Security, Add a device. Open its link here, or paste it.',
    noPerson: 'This is no link of that page: copy the whole of it.',
    name: 'What to call this device',
    begin: 'Show the code',
    forPerson: (name: string) => `Becomes a device of ${name}`,
    scan: 'Let your other device see this',
    scanAbout: 'On your other device: scan the code, or paste its text. Then type the number there.',
    qr: 'Code for your other device',
    number: 'Number to type there',
    copyText: 'Copy the text of the code',
    left: (minutes: number, seconds: number) => `Good for ${minutes}:${seconds.toString().padStart(2, '0')}`,
    waiting: 'Waiting for your other device',
    expired: 'The time is over',
    expiredAbout: 'A code lives for a short time, so that nobody finds it later. Nothing happened.',
    again: 'Show a new code',
    approved: 'Your other device has signed',
    approvedAbout: 'Finish here: the certificate is fetched and you are signed in.',
    finish: 'Finish',
  },
  recover: {
    title: 'Recover your access',
    about:
      'For customers who lost every device. A manager compares a number with you and signs; then this browser gets new keys and the old ones end.',
    email: 'Your registered e-mail',
    code: 'Recovery code',
    codeHint: 'If you have an authenticator, the bank asks for one of your recovery codes',
    ask: 'Ask for recovery',
    staff: 'Staff who lost every device are invited anew, by two people.',
    number: 'Tell this number to the bank',
    numberAbout:
      'Call the bank, or go there. Somebody who knows you compares it and signs. They never ask for a code or a password.',
    until: 'The request is good until',
    waiting: 'Waiting for a manager',
    waitingAbout: 'You may close this page and come back in this browser.',
    cancel: 'Give this request up',
    approved: 'A manager has signed',
    approvedAbout: 'Now make new keys here. Your old devices end with it.',
    expired: 'The request is over',
    expiredAbout: 'Nobody signed in time. Ask again.',
    lowLimit: 'For 24 hours after a recovery you may pay small amounts only.',
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
