import { shell } from '../../text';
import { EntryFrame } from './frame';

export function Login() {
  return <EntryFrame title={shell.signIn}>{null}</EntryFrame>;
}
