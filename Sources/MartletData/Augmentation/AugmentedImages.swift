import MartletTensors

/// The elements of a source whose first input is an image, each changed as a generator says.
struct AugmentedImages: IndexedBatchSource {
  let upstream: any IndexedBatchSource
  let generator: ImageDataGenerator
  let seed: UInt64
  /// What brightness does not pass.
  let limit: Double

  var count: Int { upstream.count }
  var seeds: [UInt64] { upstream.seeds + [seed] }

  func reseeded(with seeds: [UInt64]) -> AugmentedImages {
    AugmentedImages(
      upstream: upstream.reseeded(with: seeds.dropLast()), generator: generator,
      seed: seeds.last ?? seed, limit: limit)
  }

  func element(at index: Int, epoch: Int) throws -> Batch {
    let one = try stacked([index], epoch: epoch)
    return one.mapTensors { _, tensor in tensor.squeezed(along: 0).evaluated() }
  }

  func stacked(_ indices: [Int], epoch: Int) throws -> Batch {
    var batch = try upstream.stacked(indices, epoch: epoch)
    let images = batch.inputs[0]
    let transforms = indices.map { index in
      var random = KeyedRandom(seed: seed, epoch, index)
      return generator.transform(height: images.shape[1], width: images.shape[2], using: &random)
    }
    batch.inputs[0] = generator.apply(transforms, to: images, limit: limit).evaluated()
    return batch
  }
}

extension ImageDataGenerator {
  /// The factors of one image.
  ///
  /// Every factor is drawn, used or not, so that switching one on leaves
  /// the others as they are.
  func transform(height: Int, width: Int, using random: inout KeyedRandom) -> ImageTransform {
    func stray(_ range: Double) -> Double { random.uniform(-1, 1) * range }
    var transform = ImageTransform()
    transform.rotation = stray(rotationRange)
    transform.shiftY = stray(heightShiftRange) * (heightShiftRange < 1 ? Double(height) : 1)
    transform.shiftX = stray(widthShiftRange) * (widthShiftRange < 1 ? Double(width) : 1)
    transform.shear = stray(shearRange)
    transform.zoomX = random.uniform(zoomRange.lowerBound, zoomRange.upperBound)
    transform.zoomY = random.uniform(zoomRange.lowerBound, zoomRange.upperBound)
    transform.flipsHorizontally = (random.unit() < 0.5) && horizontalFlip
    transform.flipsVertically = (random.unit() < 0.5) && verticalFlip
    transform.channelShift = stray(channelShiftRange)
    let brightness = brightnessRange ?? 1...1
    transform.brightness = random.uniform(brightness.lowerBound, brightness.upperBound)
    return transform
  }

  /// A batch of images, each changed by a transform of its own; then what is done to all of them.
  func apply(_ transforms: [ImageTransform], to images: Tensor, limit: Double) -> Tensor {
    var x = images.cast(to: .float32)
    func factors(_ factor: (ImageTransform) -> Double) -> Tensor {
      Tensor(transforms.map { Float(factor($0)) }, shape: [transforms.count, 1, 1, 1])
    }
    if !transforms.allSatisfy(\.movesNothing) {
      let numbers = transforms.flatMap { $0.numbers(height: x.shape[1], width: x.shape[2]) }
      x = x.transformed(
        by: Tensor(numbers.map(Float.init), shape: [transforms.count, 8]),
        interpolation: interpolation, fillMode: fillMode, fillValue: fillValue)
    }
    if channelShiftRange != 0 {
      let low = x.min(along: [1, 2, 3], keepingDimensions: true)
      let high = x.max(along: [1, 2, 3], keepingDimensions: true)
      x = (x + factors(\.channelShift)).maximum(low).minimum(high)
    }
    if brightnessRange != nil { x = (x * factors(\.brightness)).clipped(to: 0, limit) }
    if let preprocessing { x = preprocessing(x) }
    if let rescale { x = x * rescale }
    if samplewiseCenter { x = x - x.mean(along: [1, 2, 3], keepingDimensions: true) }
    if samplewiseStandardNormalization {
      let variance = x.square().mean(along: [1, 2, 3], keepingDimensions: true)
      x = x / (variance.sqrt() + 1e-6)
    }
    if featurewiseCenter, let mean { x = x - mean }
    if featurewiseStandardNormalization, let standardDeviation {
      x = x / (standardDeviation + 1e-6)
    }
    return x
  }
}
