// Resource quantities (`500m`, `1Gi`, `1e3`): parsed exactly, compared, added and written in Kubernetes' canonical form.
// Source: k8s.io/apimachinery/pkg/api/resource.

export type QuantityFormat = 'decimalSi' | 'binarySi' | 'decimalExponent';

/** A quantity in billionths, the finest step that Kubernetes keeps. */
export interface Quantity {
  readonly nano: bigint;
  readonly format: QuantityFormat;
}

export const quantityPattern = '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$';
/** What Kubernetes says of a string that is no quantity. */
export const quantityMessage = `quantities must match the regular expression '${quantityPattern}'`;

const maxTextLength = 128;
const nanoPerUnit = 1_000_000_000n;
const largest = (2n ** 63n - 1n) * nanoPerUnit;
const decimalSuffixes = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const binarySuffixes = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const shape = /^([+-]?)(\d*)(?:\.(\d*))?(?:([eE][+-]?\d{1,9})|([KMGTPE]i|[numkMGTPE]))?$/;

/** Undefined when the text is no quantity. Values beyond ±(2⁶³−1) are cut to it; finer than a billionth is rounded up. */
export function parseQuantity(text: string | number): Quantity | undefined {
  const parts = String(text).length <= maxTextLength ? shape.exec(String(text)) : null;
  if (!parts) return undefined;
  const [, sign, whole = '', fraction = '', exponent, suffix = ''] = parts;
  if (whole === '' && fraction === '') return undefined;
  const format = exponent ? 'decimalExponent' : suffix.endsWith('i') ? 'binarySi' : 'decimalSi';
  const magnitude = scaled(BigInt(whole + fraction || '0'), fraction.length, exponent, suffix);
  const capped = magnitude > largest ? largest : magnitude;
  return { nano: sign === '-' ? -capped : capped, format };
}

function scaled(
  digits: bigint,
  fractionLength: number,
  exponent: string | undefined,
  suffix: string,
): bigint {
  const binary = suffix.endsWith('i') ? 1024n ** BigInt(binarySuffixes.indexOf(suffix)) : 1n;
  const decimal = exponent
    ? Number(exponent.slice(1))
    : suffix.endsWith('i')
      ? 0
      : 3 * (decimalSuffixes.indexOf(suffix) - 3);
  const power = decimal + 9 - fractionLength;
  if (digits === 0n) return 0n;
  if (power > 60) return largest;
  const exact = digits * binary;
  if (power >= 0) return exact * 10n ** BigInt(power);
  if (power < -200) return 1n;
  const divisor = 10n ** BigInt(-power);
  return (exact + divisor - 1n) / divisor;
}

export function compareQuantities(left: Quantity, right: Quantity): number {
  return left.nano < right.nano ? -1 : left.nano > right.nano ? 1 : 0;
}

/** The sum, in the format of the first that is not zero. */
export function addQuantities(left: Quantity, right: Quantity): Quantity {
  return { nano: left.nano + right.nano, format: left.nano === 0n ? right.format : left.format };
}

/** Rounded up to whole units: bytes, pods, cores. */
export function quantityToNumber(quantity: Quantity): number {
  return Number(divideUp(quantity.nano, nanoPerUnit));
}

/** Rounded up to thousandths: what CPU is counted in. */
export function quantityToMilli(quantity: Quantity): number {
  return Number(divideUp(quantity.nano, 1_000_000n));
}

function divideUp(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  return value > 0n && value % divisor !== 0n ? quotient + 1n : quotient;
}

/** The canonical form: the largest suffix that leaves a whole number. */
export function formatQuantity({ nano, format }: Quantity): string {
  if (nano === 0n) return '0';
  if (format === 'binarySi' && nano % nanoPerUnit === 0n && magnitude(nano) >= 1024n * nanoPerUnit) {
    return formatBinary(nano / nanoPerUnit);
  }
  let mantissa = nano;
  let step = 0;
  while (mantissa % 1000n === 0n && step < decimalSuffixes.length - 1) {
    mantissa /= 1000n;
    step++;
  }
  const exponent = 3 * (step - 3);
  if (format === 'decimalExponent') return exponent === 0 ? String(mantissa) : `${mantissa}e${exponent}`;
  return `${mantissa}${decimalSuffixes[step]}`;
}

function formatBinary(units: bigint): string {
  let mantissa = units;
  let step = 0;
  while (mantissa % 1024n === 0n && step < binarySuffixes.length - 1) {
    mantissa /= 1024n;
    step++;
  }
  return `${mantissa}${binarySuffixes[step]}`;
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value;
}

/** The canonical form of a quantity's text; the text itself when it is none. */
export function canonicalQuantity(text: string | number): string {
  const quantity = parseQuantity(text);
  return quantity ? formatQuantity(quantity) : String(text);
}
