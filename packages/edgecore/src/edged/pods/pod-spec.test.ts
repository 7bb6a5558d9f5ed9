import { expect, test } from 'bun:test';
import type { Container } from '@selvedge/kubernetes';
import { containerOf, podOf } from '../testing/pods.ts';
import { containerHash, qosClass } from './pod-spec.ts';

type Amounts = Record<string, string>;

function classOf(...containers: [requests: Amounts | undefined, limits?: Amounts][]): string {
  const made = containers.map(([requests, limits], index): Container => {
    const resources = { ...(requests && { requests }), ...(limits && { limits }) };
    return containerOf({ name: `c${index}`, resources });
  });
  return qosClass(podOf({ containers: made }));
}

test('the class of service follows from requests and limits of all containers', () => {
  const full = { cpu: '1', memory: '1Gi' };
  expect(classOf([undefined])).toBe('BestEffort');
  expect(classOf([{ cpu: '0' }])).toBe('BestEffort');
  expect(classOf([{ 'ephemeral-storage': '1Gi' }])).toBe('BestEffort');
  expect(classOf([full, full])).toBe('Guaranteed');
  expect(classOf([undefined, full])).toBe('Guaranteed');
  expect(classOf([full, full], [undefined])).toBe('Burstable');
  expect(classOf([{ cpu: '1' }])).toBe('Burstable');
  expect(classOf([{ cpu: '500m', memory: '1Gi' }, full])).toBe('Burstable');
});

test('amounts that are written differently are the same amount', () => {
  expect(
    classOf([
      { cpu: '1000m', memory: '1024Mi' },
      { cpu: '1', memory: '1Gi' },
    ]),
  ).toBe('Guaranteed');
});

test('a container is another one when its image changes, not when a running one could be changed', () => {
  const one = containerOf();
  expect(containerHash({ ...one, resources: { limits: { cpu: '1' } } })).toBe(containerHash(one));
  expect(containerHash({ ...one, image: 'other' })).not.toBe(containerHash(one));
  expect(containerHash({ ...one, name: 'other' })).not.toBe(containerHash(one));
});
