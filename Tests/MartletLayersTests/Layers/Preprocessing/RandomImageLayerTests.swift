import MartletTensors
import Testing

@testable import MartletLayers

/// What a range of one point leaves to chance is compared with Keras' vectors; here is the chance.
@Suite struct RandomImageLayerTests {
  /// 400 images alike: 3 by 4 pixels of 1 to 12.
  private static let images = Tensor((1...12).map(Float.init), shape: [1, 3, 4, 1])
    .broadcast(to: [400, 3, 4, 1]).evaluated()

  private static func layers(seed: Int) -> [RandomImageLayer] {
    [
      RandomFlip(seed: seed), RandomRotation(0.2, seed: seed), RandomZoom(0.3, seed: seed),
      RandomTranslation(0.3, 0.2, seed: seed), RandomContrast(0.5, seed: seed),
      RandomBrightness(0.3, seed: seed), RandomCrop(height: 2, width: 2, seed: seed),
    ]
  }

  @Test func `at inference images pass as they are`() {
    for layer in Self.layers(seed: 1) {
      #expect(layer(Self.images).isEqual(to: Self.images), "\(layer)")
    }
  }

  @Test func `a seed gives the same images in every run, and others at every call`() {
    for (layer, again) in zip(Self.layers(seed: 1), Self.layers(seed: 1)) {
      let first = layer(Self.images, training: true)
      #expect(again(Self.images, training: true).isEqual(to: first), "\(layer)")
      let next = layer(Self.images[0..<9], training: true)
      #expect(again(Self.images[0..<9], training: true).isEqual(to: next), "\(layer)")
    }
    let other = Self.layers(seed: 2)
    for (layer, other) in zip(Self.layers(seed: 1), other) where !(layer is RandomCrop) {
      let pair = (layer(Self.images, training: true), other(Self.images, training: true))
      #expect(!pair.0.isClose(to: pair.1), "\(layer)")
    }
  }

  @Test(arguments: [[2, 5, 6, 1], [2, 2, 5, 1]])
  func `gradients of windows are right, cut out or resized`(shape: Shape) throws {
    for training in [true, false] {
      try checkGradients(
        of: RandomCrop(height: 3, width: 4, seed: 1), inputs: [distinctNumbers(shape)],
        training: training)
    }
  }

  @Test func `without a seed the program's decides`() {
    let runs = (0..<2).map { _ in
      withRandomSeed(7) { RandomZoom(0.3)(Self.images, training: true).evaluated() }
    }
    #expect(runs[0].isEqual(to: runs[1]))
  }

  @Test func `each image has factors of its own`() {
    for layer in Self.layers(seed: 1) where !(layer is RandomCrop) {
      let changed = layer(Self.images, training: true)
      let rows = Set(changed.reshaped(to: [400, 12]).nested(as: [[Float]].self))
      // Flips leave two kinds of rows, darkening clips many to 0.
      #expect(rows.count >= (layer is RandomFlip ? 2 : 150), "\(layer)")
    }
  }

  @Test func `half of the images are flipped, in both directions at once`() {
    let x = Self.images
    let y = RandomFlip(seed: 3)(x, training: true).reshaped(to: [400, 12]).nested(
      as: [[Float]].self)
    let straight = (1...12).map(Float.init)
    let turned = Array(straight.reversed())
    #expect(y.allSatisfy { $0 == straight || $0 == turned })
    // Of 400 fair coins, fewer than 150 or more than 250 heads come up once in a million runs.
    #expect((150...250).contains(y.count { $0 == turned }))
    let mirrored: [Float] = [4, 3, 2, 1, 8, 7, 6, 5, 12, 11, 10, 9]
    let across = RandomFlip(.horizontal, seed: 3)(x, training: true).reshaped(to: [400, 12])
    #expect(
      across.nested(as: [[Float]].self).allSatisfy { $0 == straight || $0 == mirrored })
  }

  @Test func `factors fill their ranges`() {
    let grey = Tensor.full([4000, 1, 1, 1], 100)
    func range(_ layer: Layer) -> [Double] {
      let y = layer(grey, training: true)
      return [y.min().item(), y.max().item()]
    }
    // 4,000 draws miss the outer hundredth of a side with probability e⁻⁴⁰.
    let both = range(RandomBrightness(0.2, seed: 1))
    #expect(both[0] >= 49 && both[0] < 50 && both[1] <= 151 && both[1] > 150)
    let up = range(RandomBrightness(0.1...0.2, seed: 1))
    #expect(up[0] >= 125.5 && up[0] < 126 && up[1] <= 151 && up[1] > 150.5)
    let pair = Tensor([90, 110] as [Float], shape: [1, 1, 2, 1]).broadcast(to: [4000, 1, 2, 1])
    func spread(_ layer: Layer) -> [Double] {
      let y = layer(pair, training: true)
      let half = (y[.all, 0, 1] - y[.all, 0, 0]) / 20
      return [half.min().item(), half.max().item()]
    }
    // One number f reaches from 1 to 1 + f, as Keras 3.15 computes.
    let one = spread(RandomContrast(0.4, seed: 1))
    #expect(one[0] >= 0.999 && one[0] < 1.01 && one[1] <= 1.401 && one[1] > 1.39)
    let two = spread(RandomContrast(lower: 0.5, upper: 0.1, seed: 1))
    #expect(two[0] >= 0.499 && two[0] < 0.51 && two[1] <= 1.101 && two[1] > 1.09)
  }

  @Test func `a crop lies anywhere in the image, in one place for the batch`() {
    let layer = RandomCrop(height: 2, width: 2, seed: 1)
    var corners: [Float: Int] = [:]
    for _ in 0..<600 {
      let y = layer(Self.images[0..<2], training: true)
      #expect(y.shape == [2, 2, 2, 1])
      let corner = y[0, 0, 0, 0].scalars[0]
      #expect(y[0].scalars == [corner, corner + 1, corner + 4, corner + 5])
      #expect(y[1].scalars == y[0].scalars)
      corners[corner, default: 0] += 1
    }
    #expect(corners.keys.sorted() == [1, 2, 3, 5, 6, 7])
    #expect(corners.values.allSatisfy { (60...140).contains($0) })
  }

  @Test func `a single image needs no batch, and bytes become numbers`() {
    let image = Tensor((1...12).map(Float.init), shape: [3, 4, 1]).cast(to: .uint8)
    for layer in Self.layers(seed: 1) {
      let y = layer(image, training: true)
      #expect(y.rank == 3)
      #expect(y.dtype == .float32)
    }
  }

  @Test func `a zoom of rows serves columns too, unless they have their own`() {
    let ramp = Tensor((0..<7).map(Float.init), shape: [1, 1, 7, 1]).broadcast(to: [50, 7, 7, 1])
    let square = ramp + ramp.transposed([0, 2, 1, 3])
    let y = RandomZoom(0.2, fillMode: .nearest, seed: 1)(square, training: true)
    #expect(y.isClose(to: y.transposed([0, 2, 1, 3]), absolute: 1e-4))
    let own = RandomZoom(0.2, 0.2, fillMode: .nearest, seed: 1)(square, training: true)
    #expect(!own.isClose(to: own.transposed([0, 2, 1, 3]), absolute: 1e-2))
  }

  @Test func `gradients pass through to the images`() {
    let layer = RandomRotation(0.1...0.1, fillMode: .nearest)
    let dx = gradient { layer($0, training: true).sum() }(Self.images[0..<2])
    // Every pixel of the result is a mean of pixels.
    #expect(abs(dx.sum().item() - 24) < 1e-4)
  }

  @Test(arguments: [
    Configuration("RandomZoom", ["height_factor": .numbers([-1, 0])]),
    Configuration("RandomRotation", ["factor": .number(1.5)]),
    Configuration("RandomRotation", ["factor": .number(0.1), "fill_mode": .string("mirror")]),
    Configuration("RandomRotation", ["factor": .number(0.1), "interpolation": .string("cubic")]),
    Configuration("RandomRotation", ["factor": .numbers([0.1, 0.2, 0.3])]),
    Configuration("RandomFlip", ["mode": .string("diagonal")]),
    Configuration("RandomFlip", ["data_format": .string("channels_first")]),
    Configuration("RandomTranslation", ["height_factor": .number(0.1)]),
    Configuration("RandomContrast", ["factor": .number(2)]),
    Configuration("RandomBrightness", ["factor": .number(0.1), "value_range": .numbers([1])]),
    Configuration("RandomCrop", ["height": .int(0), "width": .int(3)]),
    Configuration("Resizing", ["height": .int(4), "width": .int(0)]),
    Configuration(
      "Resizing",
      [
        "height": .int(4), "width": .int(4), "crop_to_aspect_ratio": .bool(true),
        "pad_to_aspect_ratio": .bool(true),
      ]),
    Configuration("CategoryEncoding", ["num_tokens": .int(0)]),
    Configuration("CategoryEncoding", ["num_tokens": .int(3), "output_mode": .string("int")]),
    Configuration("Discretization", [:]),
    Configuration("Discretization", ["bin_boundaries": .numbers([2, 1])]),
    Configuration("Normalization", ["mean": .number(1)]),
    Configuration("Normalization", ["mean": .numbers([1, 2]), "variance": .numbers([1])]),
  ])
  func `settings that are none are refused`(_ configuration: Configuration) {
    #expect(throws: Diagnostic.self) { try Layer.make(from: configuration) }
  }
}
