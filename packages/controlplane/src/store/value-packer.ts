// Packs values against others of their kind: the pods of one Deployment differ in a name, a node and a few times.

import { deflateRawSync } from 'node:zlib';
import type { PackedValue } from './stored-entry.ts';
import type { Header } from './types.ts';

/** Smaller ones cost more in what surrounds them than packing would save. */
const minValueBytes = 1_024;
/** Longer samples would cost each packing more than they bring; deflate looks back 32 KiB at most. */
const maxSampleBytes = 16 * 1_024;
const maxSamples = 64;
/** A value that keeps more than this part of its size is unlike its sample, and becomes one. */
const likeness = 1 / 8;
/** A sample lives as long as a value that was packed with it: of all bytes seen, so many may become samples. */
const sampleShare = 1 / 10;
const freeSampleBytes = 256 * 1_024;
/** Packing that saves less than a tenth is not worth the unpacking. */
const worthwhile = 0.9;
/** The fastest: what is saved is saved by the sample. */
const level = 1;

interface Sample {
  readonly labels: Header['labels'];
  readonly value: Uint8Array;
}

export class ValuePacker {
  /** The one used last is the last. Those that packed values were made with live on with these, whether still here or not. */
  readonly #samples: Sample[] = [];
  #seenBytes = 0;
  #sampleBytes = 0;

  /** Undefined: it is better left as it is. */
  pack(value: Uint8Array, labels: Header['labels']): PackedValue | undefined {
    if (value.length < minValueBytes) return undefined;
    const result = packWith(value, this.#sampleFor(labels)?.value);
    const share = result.packed.length / value.length;
    this.#seenBytes += value.length;
    if (result.dictionary === undefined || share > likeness) this.#addSample(labels, value);
    return share < worthwhile ? result : undefined;
  }

  /** One with the same labels comes from the same template as a rule; the newest is the best guess without. */
  #sampleFor(labels: Header['labels']): Sample | undefined {
    // Equal label sets are one object: the store shares them.
    const index = this.#samples.findLastIndex((sample) => sample.labels === labels);
    const sample = this.#samples.at(index);
    if (sample && index !== -1) {
      this.#samples.splice(index, 1);
      this.#samples.push(sample);
    }
    return sample;
  }

  #addSample(labels: Header['labels'], value: Uint8Array): void {
    const bytes = this.#sampleBytes + value.length;
    if (value.length > maxSampleBytes) return;
    if (bytes > freeSampleBytes + this.#seenBytes * sampleShare) return;
    this.#sampleBytes = bytes;
    const index = this.#samples.findIndex((sample) => sample.labels === labels);
    if (index !== -1) this.#samples.splice(index, 1);
    else if (this.#samples.length >= maxSamples) this.#samples.shift();
    this.#samples.push({ labels, value });
  }
}

function packWith(value: Uint8Array, dictionary: Uint8Array | undefined): PackedValue {
  const packed = deflateRawSync(value, { level, ...(dictionary && { dictionary }) });
  return { packed: packed.toString('latin1'), dictionary };
}
