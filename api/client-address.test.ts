import { expect, test } from 'vitest';
import { addressRanges, clientAddress, senderOf } from './client-address.ts';

const proxies = addressRanges(['10.0.0.0/8', 'fd00::/8']);

test.each([
  ['nobody is known where there is no socket', null, '1.2.3.4', null],
  ['whoever is no proxy of ours speaks for itself', '9.9.9.9', '1.2.3.4', '9.9.9.9'],
  ['a proxy of ours says who came to it', '10.0.0.1', '1.2.3.4', '1.2.3.4'],
  ['through two proxies of ours', '10.0.0.1', '1.2.3.4, 10.0.0.2', '1.2.3.4'],
  ['what the client itself wrote is not believed', '10.0.0.1', '6.6.6.6, 1.2.3.4', '1.2.3.4'],
  ['a proxy that says nothing is the sender', '10.0.0.1', undefined, '10.0.0.1'],
  ['a proxy that says nonsense is the sender', '10.0.0.1', 'unknown', '10.0.0.1'],
  ['IPv4 in IPv6', '::ffff:10.0.0.1', '1.2.3.4', '1.2.3.4'],
  ['with a port', '10.0.0.1', '1.2.3.4:5555', '1.2.3.4'],
  ['IPv6 in brackets, with a port', 'fd00::1', '[2001:db8::7]:5555', '2001:db8::7'],
])('%s', (_, remote, forwardedFor, address) => {
  expect(clientAddress(remote, forwardedFor, proxies)).toBe(address);
});

test.each([
  ['1.2.3.4', '1.2.3.4'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
  ['2001:db8::9', '2001:db8:0:0::/64'],
  ['2001:0db8:0:0::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
])('%s counts as %s', (address, sender) => {
  expect(senderOf(address)).toBe(sender);
});
