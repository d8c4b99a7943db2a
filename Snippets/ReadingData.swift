//! Reading data: shuffled batches in a loop, a pipeline that is read as it goes, a place to resume.

import Martlet

// Digits that the library draws itself; MNIST.load() gives the same type.
let (train, test) = SyntheticDigits.load(trainCount: 1000, testCount: 200)
print(TextPicture(train.images[0]))

// In memory: any loop over it goes through one epoch, each in another order.
let batches = train.shuffled(seed: 1).batched(128)
for (x, y) in batches {
  print(x.shape, y.shape)  // prints: [128, 28, 28, 1] [128]
}

// Read as it goes: steps are lazy, map runs on several threads, a thread of its own reads ahead.
let noisy = Dataset(train.shuffled(seed: 1)).map { x, y in
  (x + 0.1 * Tensor.randomNormal(x.shape), y)
}.batched(128, dropRemainder: true).prefetched(2)
try noisy.forEachBatch { x, y in
  print(x.mean().item(), y.shape)
}

// Where a reader stands is a small value to save; another goes on from there with the same bits.
let cursor = BatchCursor(noisy)
_ = try cursor.next()
let state = cursor.state
let resumed = try BatchCursor(noisy, resuming: state)
print(resumed.position)  // prints: 1

// Texts in folders, one for each class; a closure makes a tensor of each batch of them.
func reviews(in folder: String) throws -> Dataset {
  let texts = try TextFolder(folder, seed: 1, validationSplit: 0.2, subset: .training)
  var vectorize = try TextVectorization(maxTokens: 20_000, outputSequenceLength: 200)
  try vectorize.adapt(texts.texts())
  return texts.batches(32) { [vectorize] texts in try vectorize(texts) }
}
