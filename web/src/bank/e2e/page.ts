/** The page of the browser test: the library under the console's Content Security Policy, within reach of the test. */
import * as library from '..';

Object.assign(globalThis, { strongroom: library });
