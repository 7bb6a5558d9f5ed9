import { expect, test } from 'bun:test';
import { withDots } from './sysctls.ts';

test('names with slashes become names with dots, and the dots in them slashes', () => {
  expect(withDots('kernel.shm_rmid_forced')).toBe('kernel.shm_rmid_forced');
  expect(withDots('kernel/shm_rmid_forced')).toBe('kernel.shm_rmid_forced');
  expect(withDots('net/ipv4/conf/eno2.100/rp_filter')).toBe('net.ipv4.conf.eno2/100.rp_filter');
  expect(withDots('net.ipv4.conf.eno2/100.rp_filter')).toBe('net.ipv4.conf.eno2/100.rp_filter');
  expect(withDots('plain')).toBe('plain');
});
