/**
 * Every word that a person reads. A language is a folder like `en`: the types say what must be in it.
 *
 * Areas import their own file (`../text/en/customer`), so that nobody loads the words of pages they never see.
 */
export { common } from './en/common';
export { shell } from './en/shell';

/** How figures and times are written. */
export const LOCALE = 'en-GB';
