import Foundation
import MartletFormats
import MartletTensors
import Testing

@testable import MartletData

@Suite struct ImageDataGeneratorTests {
  /// Eight images of 4 by 6 in two channels, each with its number as label.
  private static let images: Tensor = {
    let pixels = (0..<(8 * 48)).map { Float($0 * 37 % 251) }
    return Tensor(pixels, shape: [8, 4, 6, 2])
  }()
  private static let labels = Tensor(0..<8)
  private static let course = ImageDataGenerator(
    rotationRange: 20, zoomRange: 0.15, widthShiftRange: 0.1, heightShiftRange: 0.1,
    horizontalFlip: true, verticalFlip: true)

  private func collected(_ flow: TensorDataset, epoch: Int) -> (Tensor, [Int]) {
    let pairs = Array(flow.epoch(epoch))
    return (
      Tensor.concatenate(pairs.map { $0.0 }, along: 0),
      pairs.flatMap { $0.1.scalars(of: Int.self) }
    )
  }

  @Test func `without settings, images pass as they are`() throws {
    let flow = try ImageDataGenerator().flow(
      Self.images, Self.labels, batchSize: 3, shuffle: false)
    #expect(flow.count == 3)
    let (x, y) = collected(flow, epoch: 0)
    #expect(x.isEqual(to: Self.images))
    #expect(y == Array(0..<8))
    // Bytes become numbers.
    let bytes = try ImageDataGenerator(rescale: 1.0 / 255).flow(
      Self.images.cast(to: .uint8), shuffle: false)
    let batch = try #require(bytes.elements(epoch: 0).first { _ in true })
    #expect(batch.inputs[0].isClose(to: Self.images / 255))
    #expect(batch.targets.isEmpty)
  }

  @Test func `an image's change depends on seed, epoch and number alone`() throws {
    let plain = try Self.course.flow(
      Self.images, Self.labels, batchSize: 8, shuffle: false, seed: 5)
    let (x, _) = collected(plain, epoch: 2)
    #expect(!x.isClose(to: Self.images))
    let small = try Self.course.flow(
      Self.images, Self.labels, batchSize: 3, shuffle: false, seed: 5)
    #expect(collected(small, epoch: 2).0.isEqual(to: x))
    let shuffled = try Self.course.flow(Self.images, Self.labels, batchSize: 3, seed: 5)
    let (mixed, order) = collected(shuffled, epoch: 2)
    #expect(order != Array(0..<8))
    #expect(order.sorted() == Array(0..<8))
    #expect(mixed.isEqual(to: x[Tensor(order)]))
    #expect(!collected(plain, epoch: 3).0.isClose(to: x))
    let other = try Self.course.flow(
      Self.images, Self.labels, batchSize: 8, shuffle: false, seed: 6)
    #expect(!collected(other, epoch: 2).0.isClose(to: x))
  }

  @Test func `a flow goes on where it was left`() throws {
    let flow = try Self.course.flow(Self.images, Self.labels, batchSize: 3, seed: 5)
    let cursor = BatchCursor(flow, epoch: 1)
    _ = try cursor.next()
    let state = cursor.state
    let next = try #require(try cursor.next())
    let fresh = try Self.course.flow(Self.images, Self.labels, batchSize: 3, seed: 99)
    let resumed = try #require(try BatchCursor(fresh, resuming: state).next())
    #expect(resumed.inputs[0].isEqual(to: next.inputs[0]))
    #expect(resumed.targets[0].isEqual(to: next.targets[0]))
  }

  @Test(arguments: [(28, 2.8), (224, 22.4)])
  func `the course's generator turns by 20°, zooms by 15 % and shifts by a tenth`(
    side: Int, shift: Double
  ) {
    let transforms = (0..<4000).map { index in
      var random = KeyedRandom(seed: 2, index)
      return Self.course.transform(height: side, width: side, using: &random)
    }
    func largest(_ values: [Double]) -> Double { values.map(abs).max() ?? 0 }
    let rows = [
      (largest(transforms.map(\.rotation)), 20.0), (largest(transforms.map(\.shiftX)), shift),
      (largest(transforms.map(\.shiftY)), shift),
      (largest(transforms.map { $0.zoomX - 1 }), 0.15),
      (largest(transforms.map { $0.zoomY - 1 }), 0.15),
    ]
    // 4,000 draws miss the outer hundredth with probability e⁻⁴⁰.
    for (found, bound) in rows { #expect(found <= bound * (1 + 1e-12) && found > 0.99 * bound) }
    // Each flip with probability ½, within five standard deviations.
    for flips in [
      transforms.count { $0.flipsHorizontally }, transforms.count { $0.flipsVertically },
    ] {
      #expect((1842...2158).contains(flips))
    }
  }

  @Test func `factors keep to their ranges and fill them`() {
    let generator = ImageDataGenerator(
      rotationRange: 20, zoomRange: 0.15, widthShiftRange: 0.1, heightShiftRange: 3,
      shearRange: 5, brightnessRange: 0.5...2, channelShiftRange: 7, horizontalFlip: true)
    let transforms = (0..<4000).map { index in
      var random = KeyedRandom(seed: 1, index)
      return generator.transform(height: 28, width: 50, using: &random)
    }
    func check(_ values: [Double], _ range: ClosedRange<Double>, _ name: String) {
      let width = range.upperBound - range.lowerBound
      #expect(values.allSatisfy { range.contains($0) }, "\(name)")
      // 4,000 draws miss the outer hundredth of a side with probability e⁻⁴⁰.
      #expect((values.min() ?? 0) < range.lowerBound + width / 100, "\(name)")
      #expect((values.max() ?? 0) > range.upperBound - width / 100, "\(name)")
    }
    check(transforms.map(\.rotation), -20...20, "rotation")
    check(transforms.map(\.zoomX), 0.85...1.15, "zoom of columns")
    check(transforms.map(\.zoomY), 0.85...1.15, "zoom of rows")
    check(transforms.map(\.shiftX), -5...5, "a part of the width")
    check(transforms.map(\.shiftY), -3...3, "pixels")
    check(transforms.map(\.shear), -5...5, "shear")
    check(transforms.map(\.brightness), 0.5...2, "brightness")
    check(transforms.map(\.channelShift), -7...7, "channel shift")
    let flips = transforms.count { $0.flipsHorizontally }
    #expect((1850...2150).contains(flips))
    #expect(!transforms.contains { $0.flipsVertically })
    let range = ImageDataGenerator(zoomRange: 0.5...0.75).zoomRange
    #expect(range == 0.5...0.75)
  }

  @Test func `brightness is held in the range of the data`() throws {
    let dark = ImageDataGenerator(brightnessRange: 3...3)
    let bytes = try dark.flow(Self.images, shuffle: false).elements(epoch: 0).map(\.inputs[0])
    #expect(bytes[0].isClose(to: (Self.images * 3).clipped(to: 0, 255)))
    let unit = Self.images / 250
    let numbers = try dark.flow(unit, shuffle: false).elements(epoch: 0).map(\.inputs[0])
    #expect(numbers[0].isClose(to: (unit * 3).clipped(to: 0, 1)))
  }

  @Test func `a channel shift stays in the image's own range`() throws {
    let flow = try ImageDataGenerator(channelShiftRange: 100).flow(
      Self.images, shuffle: false, seed: 1)
    let x = try #require(flow.elements(epoch: 0).first { _ in true }).inputs[0]
    #expect(!x.isClose(to: Self.images))
    #expect(x.min(along: [1, 2, 3]).isClose(to: Self.images.min(along: [1, 2, 3])) == false)
    #expect((x .<= Self.images.max(along: [1, 2, 3], keepingDimensions: true)).all().item() == 1)
    #expect((x .>= Self.images.min(along: [1, 2, 3], keepingDimensions: true)).all().item() == 1)
  }

  /// `ImageDataGenerator.standardize` and `fit` of Keras 3.15.1's legacy module.
  @Test func `images are standardised as Keras does`() throws {
    let pixels = (0..<25).map { Float($0 * 7 % 23) }
    let x = Tensor(pixels, shape: [1, 5, 5, 1])
    let samplewise = try ImageDataGenerator(rescale: 0.5, samplewiseStandardNormalization: true)
      .flow(x, shuffle: false).elements(epoch: 0).map(\.inputs[0].scalars)
    let want: [Float] = [-1.54011, -0.503496, 0.533114, 1.56972, -0.799671]
    #expect(zip(samplewise[0], want).allSatisfy { abs($0 - $1) < 1e-5 })

    let both = Tensor.concatenate([x, x.square()], along: 0)
    let ramp = Tensor([0, 3, 6, 9, 12] as [Float], shape: [1, 1, 5, 1])
    let images = Tensor.concatenate([both, both + ramp], along: 3)
    var generator = ImageDataGenerator(rescale: 0.5, featurewiseStandardNormalization: true)
    #expect(throws: Diagnostic.self) { try generator.flow(images) }
    try generator.fit(images)
    #expect(try #require(generator.mean).isClose(to: Tensor([41.04, 44.04])))
    #expect(try #require(generator.standardDeviation).isClose(to: Tensor([64.06214, 64.34297])))
    let featurewise = try generator.flow(images, shuffle: false).elements(epoch: 0)
      .map(\.inputs[0].scalars)
    let first: [Float] = [-0.640628, -0.684457, -0.585994, -0.606748, -0.531359, -0.52904]
    #expect(zip(featurewise[0], first).allSatisfy { abs($0 - $1) < 1e-5 })
  }

  @Test func `preprocessing comes before the rescaling`() throws {
    let flow = try ImageDataGenerator(rescale: 0.5) { $0.filtered(by: .blur) + 1 }
      .flow(Self.images, shuffle: false)
    let x = try #require(flow.elements(epoch: 0).first { _ in true }).inputs[0]
    #expect(x.isClose(to: (Self.images.filtered(by: .blur) + 1) * 0.5))
  }

  @Test func `the first images are for validation`() throws {
    let generator = ImageDataGenerator(validationSplit: 0.25)
    let labels = Tensor([0, 1, 0, 1, 0, 1, 0, 1], dtype: .int32)
    let part = try generator.flow(Self.images, labels, shuffle: false, subset: .validation)
    #expect(collected(part, epoch: 0).0.isEqual(to: Self.images[0..<2]))
    let rest = try generator.flow(Self.images, labels, shuffle: false, subset: .training)
    #expect(collected(rest, epoch: 0).0.isEqual(to: Self.images[2..<8]))
    let sorted = Tensor([0, 0, 0, 1, 1, 1, 1, 1], dtype: .int32)
    let error = #expect(throws: Diagnostic.self) {
      try generator.flow(Self.images, sorted, subset: .training)
    }
    #expect(error?.fix == "shuffle images and labels first: sorted data cannot be split so")
    #expect(throws: Diagnostic.self) {
      try ImageDataGenerator(validationSplit: 0.1).flow(Self.images, subset: .validation)
    }
  }

  @Test func `the first files of each class are for validation`() throws {
    try withTemporaryFolder { path in
      for (name, count) in [("cats", 5), ("dogs", 9)] {
        let folder = URL(fileURLWithPath: path + "/" + name)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for number in 0..<count {
          let grey = UInt8(10 * number + (name == "cats" ? 100 : 0))
          let image = try RasterImage([grey], width: 1, height: 1, channels: 1)
          try Data(PNG.encode(image)).write(to: folder.appendingPathComponent("\(number).png"))
        }
      }
      func greys(_ subset: ImageDataGenerator.Subset?, seed: UInt64?) throws -> [[Int]] {
        let folder = try ImageFolder(
          path, imageSize: 1, colorMode: .grayscale, shuffle: seed != nil, seed: seed)
        let flow = try ImageDataGenerator(validationSplit: 0.25).flow(
          folder, batchSize: 4, shuffle: false, subset: subset)
        var found: [[Int]] = [[], []]
        try flow.forEachBatch(epoch: 0) { x, y in
          for (grey, label) in zip(x.scalars, y.scalars(of: Int.self)) {
            found[label].append(Int(grey))
          }
        }
        return found.map { $0.sorted() }
      }
      // As Keras: int(0.25 · 5) of the cats, int(0.25 · 9) of the dogs, by their names.
      for seed in [nil, 3] as [UInt64?] {
        #expect(try greys(.validation, seed: seed) == [[100], [0, 10]])
        #expect(
          try greys(.training, seed: seed) == [
            [110, 120, 130, 140], [20, 30, 40, 50, 60, 70, 80],
          ])
      }
      #expect(try greys(nil, seed: nil).map(\.count) == [5, 9])
      let folder = try ImageFolder(path, imageSize: 1, shuffle: false)
      #expect(throws: Diagnostic.self) {
        try ImageDataGenerator(validationSplit: 0.1).flow(folder, subset: .validation)
      }
      #expect(throws: Diagnostic.self) { try ImageDataGenerator().flow(folder, subset: .training) }
    }
  }

  @Test func `what is no image is refused`() {
    let error = #expect(throws: Diagnostic.self) {
      try Self.course.flow(Tensor.zeros([8, 28, 28]), Self.labels)
    }
    #expect(error?.fix == "add the axis of the channels, expandingDimensions(at: 3)")
    #expect(throws: Diagnostic.self) { try Self.course.flow(Self.images, Tensor(0..<7)) }
    #expect(throws: Diagnostic.self) { try Self.course.flow(Self.images, batchSize: 0) }
  }
}
