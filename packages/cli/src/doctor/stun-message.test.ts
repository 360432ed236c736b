/** Against the sample messages of RFC 5769. */
import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import {
  decodeStun,
  encodeStun,
  longTermKey,
  readErrorCode,
  readXorAddress,
  STUN_ATTRIBUTE,
  STUN_TYPE,
} from './stun-message.ts';

const hex = (text: string) => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
const TRANSACTION = 'b7e7a701bc34d686fa87dfae';
/** 2.2: an answer with an IPv4 address, integrity (short-term) and fingerprint. */
const IPV4_ANSWER = hex(`0101003c 2112a442 ${TRANSACTION}
  8022000b 7465737420766563746f7220
  00200008 0001a147 e112a643
  00080014 2b91f599fd9e90c38c7489f92af9ba53f06be7d7
  80280004 c07d4c96`);
/** 2.3, its address alone. */
const IPV6_ANSWER = hex(`01010018 2112a442 ${TRANSACTION}
  00200014 0002a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9`);

test('addresses come out of the sample answers', () => {
  const ipv4 = decodeStun(IPV4_ANSWER);
  const ipv6 = decodeStun(IPV6_ANSWER);
  if (ipv4 === undefined || ipv6 === undefined) throw new Error('not decoded');
  expect(ipv4.transactionId.toString('hex')).toBe(TRANSACTION);
  expect(ipv4.attributes.get(0x8022)?.toString()).toBe('test vector');
  expect(readXorAddress(ipv4, STUN_ATTRIBUTE.xorMappedAddress)).toBe('192.0.2.1:32853');
  expect(readXorAddress(ipv6, STUN_ATTRIBUTE.xorMappedAddress)).toBe(
    '[2001:db8:1234:5678:11:2233:4455:6677]:32853',
  );
  expect(readXorAddress(ipv6, STUN_ATTRIBUTE.xorRelayedAddress)).toBeUndefined();
});

test('integrity and fingerprint are computed as in the sample answer', () => {
  const key = Buffer.from('VOkJxbRl1RmTxUk/WvJxBt');
  const { bytes, transactionId } = encodeStun({
    type: STUN_TYPE.bindingSuccess,
    attributes: [
      [0x8022, Buffer.from('test vector ').subarray(0, 11)],
      [STUN_ATTRIBUTE.xorMappedAddress, hex('0001a147e112a643')],
    ],
    integrityKey: key,
    hasFingerprint: true,
  });
  expect(bytes.length).toBe(IPV4_ANSWER.length);
  // The sample pads with a space and has its own transaction: from there on the same way leads to its integrity.
  const sign = (message: Buffer) => {
    const signed = Buffer.from(message.subarray(0, -8 - 24));
    signed.writeUInt16BE(message.length - 8 - 20, 2);
    return createHmac('sha1', key).update(signed).digest('hex');
  };
  expect(sign(IPV4_ANSWER)).toBe(IPV4_ANSWER.subarray(-28, -8).toString('hex'));
  expect(sign(bytes)).toBe(bytes.subarray(-28, -8).toString('hex'));
  expect(transactionId).toEqual(bytes.subarray(8, 20));
  expect(decodeStun(bytes)?.attributes.get(STUN_ATTRIBUTE.fingerprint)).toHaveLength(4);
});

test('the key of long-term credentials is that of RFC 8489, 9.2.2', () => {
  expect(longTermKey('user', 'realm', 'pass').toString('hex')).toBe('8493fbc53ba582fb4c044c456bdc40eb');
});

test.each([
  ['too short', hex('0101')],
  ['an HTTP answer', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
  ['cut off', IPV4_ANSWER.subarray(0, -4)],
  ['an attribute that is longer than the message', hex(`01010004 2112a442 ${TRANSACTION} 002000ff`)],
])('%s is no message', (_, bytes) => {
  expect(decodeStun(bytes)).toBeUndefined();
});

test('an answer without an error code has none', () => {
  const answer = decodeStun(IPV6_ANSWER);
  expect(answer === undefined ? undefined : readErrorCode(answer)).toBe(0);
});
