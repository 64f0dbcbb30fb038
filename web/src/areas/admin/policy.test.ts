import { expect, it } from 'vitest';
import { changes, readValue, writeValue } from './policy';

it('reads an object of texts and nothing else', () => {
  expect(readValue('{"per_day":"20000"}')).toEqual({ per_day: '20000' });
  for (const text of ['', '[]', 'null', '{"a":1}', '{"a":{}}', '{a}'])
    expect(readValue(text)).toBeUndefined();
  expect(writeValue({ b: '1', a: '2' })).toBe('{"a":"2","b":"1"}');
});

it('names what would change, what is new and what falls back', () => {
  expect(changes({ a: '1', b: '2', c: '3' }, { a: '1', b: '5', d: '4' })).toEqual([
    { member: 'b', before: '2', after: '5' },
    { member: 'c', before: '3', after: undefined },
    { member: 'd', before: undefined, after: '4' },
  ]);
  expect(changes(undefined, { a: '1' })).toEqual([{ member: 'a', before: undefined, after: '1' }]);
});
