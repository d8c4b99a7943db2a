import MartletLayers
import MartletTensors
import Testing

/// The convolutions and poolings of the course slides, recomputed in float64.
///
/// What a slide prints wrong is right here. All numbers are halves and quarters, so float32 is exact.
@Suite("Course convolutions")
struct CourseConvolutionTests {
  typealias Matrix = [[Float]]

  static let image7: Matrix = [
    [2, 2, 2, 2, 3, 3, 3], [1, 0, 1, 1, 1, 1, 0], [1, 1, 3, 3, 0, 0, 0], [1, 1, 3, 2, 0, 0, 3],
    [1, 1, 3, 2, 0, 0, 3], [1, 3, 3, 2, 0, 0, 3], [3, 3, 3, 2, 0, 0, 3],
  ]
  static let filter3: Matrix = [[-1, 0.5, 1], [-1, 0, 0], [0, 0, 0.5]]
  static let image4: Matrix = [[1, 3, 6, 4], [2, 2, 0, 4], [5, 0, 1, 4], [4, 4, 1, 3]]

  /// A matrix as a batch of one image of one channel.
  static func image(_ matrix: Matrix) -> Tensor {
    let x = Tensor(matrix)
    return x.reshaped(to: [1] + x.shape + [1])
  }

  static func matrix(_ x: Tensor) -> Matrix {
    x.reshaped(to: [x.shape[1], x.shape[2]]).nested(as: Matrix.self)
  }

  /// One filter as a layer, built for images of as many channels as it has.
  static func layer(
    _ filter: Tensor, strides: Int = 1, padding: Padding = .valid, useBias: Bool = false
  ) throws -> Conv2D {
    let layer = Conv2D(
      1, kernelSize: [filter.shape[0], filter.shape[1]], strides: strides, padding: padding,
      useBias: useBias)
    try layer.build(for: [[nil, nil, nil, filter.shape[2]]])
    try layer.setWeights([filter.expandingDimensions(at: 3)] + (useBias ? [.zeros([1])] : []))
    return layer
  }

  static func filter(_ matrix: Matrix) -> Tensor { Tensor(matrix).expandingDimensions(at: 2) }

  static func convolved(
    _ image: Matrix, _ filter: Matrix, strides: Int = 1, padding: Padding = .valid
  ) throws -> Matrix {
    matrix(
      try layer(Self.filter(filter), strides: strides, padding: padding)(Self.image(image)))
  }

  static let valid7: Matrix = [
    [1.5, 2.5, 1, 1.5, 0.5], [0.5, 1.5, -2.5, -2.5, 1], [3, 3.5, -4.5, -5, 1.5],
    [3, 2.5, -5, -4, 4.5], [3, 0.5, -5, -4, 4.5],
  ]
  static let same7: Matrix = [
    [0, -1.5, -1.5, -1.5, -1.5, -3, -3], [3.5, 1.5, 2.5, 1, 1.5, 0.5, -2.5],
    [1, 0.5, 1.5, -2.5, -2.5, 1, -1], [2, 3, 3.5, -4.5, -5, 1.5, 0],
    [3, 3, 2.5, -5, -4, 4.5, 1.5], [3, 3, 0.5, -5, -4, 4.5, 1.5],
    [3.5, 0.5, -2.5, -5, -4, 3, 1.5],
  ]

  @Test("The 7 × 7 image without border, with one, and by steps of 2")
  func sevenBySeven() throws {
    #expect(try Self.convolved(Self.image7, Self.filter3) == Self.valid7)
    #expect(try Self.convolved(Self.image7, Self.filter3, padding: .same) == Self.same7)
    #expect(
      try Self.convolved(Self.image7, Self.filter3, strides: 2) == [
        [1.5, 1, 0.5], [3, -4.5, 1.5], [3, -5, 4.5],
      ])
    let padded = ZeroPadding2D(1)(Self.image(Self.image7))
    let layer = try Self.layer(Self.filter(Self.filter3), strides: 2)
    #expect(
      Self.matrix(layer(padded)) == [
        [0, -1.5, -1.5, -3], [1, 1.5, -2.5, -1], [3, 2.5, -4, 1.5], [3.5, -2.5, -4, 1.5],
      ])
    // Its inner 5 × 5 is the result without border, and no filter was flipped on the way.
    let inner = Cropping2D(1)(Self.image(Self.same7))
    #expect(Self.matrix(inner) == Self.valid7)
    #expect(Self.valid7[0] != [-1.5, -0.5, 4.5, 3, 1.5])
  }

  @Test("The gradients of the 7 × 7 image, its filter and the bias")
  func gradients() throws {
    let rows: [(Padding, Matrix, Float, Matrix)] = [
      (
        .valid, [[37, 35, 39], [35, 31, 34], [42, 35, 38]], 25,
        [
          [-1, -0.5, 0.5, 0.5, 0.5, 1.5, 1], [-2, -1.5, -0.5, -0.5, -0.5, 1.5, 1],
          [-2, -1.5, 0, 0, 0, 2, 1.5], [-2, -1.5, 0, 0, 0, 2, 1.5], [-2, -1.5, 0, 0, 0, 2, 1.5],
          [-1, -1, -0.5, -0.5, -0.5, 0.5, 0.5], [0, 0, 0.5, 0.5, 0.5, 0.5, 0.5],
        ]
      ),
      (
        .same, [[50, 62, 55], [61, 76, 66], [47, 59, 51]], 49,
        [[-1.5, -0.5, -0.5, -0.5, -0.5, -0.5, 1.5]]
          + Matrix(repeating: [-1.5, 0, 0, 0, 0, 0, 2], count: 5)
          + [[-1, -0.5, -0.5, -0.5, -0.5, -0.5, 0.5]]
      ),
    ]
    for (padding, kernel, bias, input) in rows {
      let layer = try Self.layer(Self.filter(Self.filter3), padding: padding, useBias: true)
      let x = Self.image(Self.image7)
      let found = valueAndGradient(of: layer.trainableVariables) { layer(x).sum() }.gradients
      #expect(found[0].reshaped(to: [3, 3]).nested(as: Matrix.self) == kernel)
      #expect(found[1].scalars == [bias])
      #expect(Self.matrix(gradient(at: x) { layer($0).sum() }) == input)
    }
  }

  /// The slides print channels 2 and 3 with seven rows; without them the volume is 6 × 6 × 3.
  static func volume(rows: Int) -> Tensor {
    let second: Matrix = [
      [3, 3, 1, 1, 1, 1], [3, 0, 3, 1, 1, 1], [3, 3, 3, 3, 0, 0], [1, 0, 3, 2, 0, 0],
      [0, 0, 3, 2, 0, 0], [1, 2, 2, 2, 0, 0], [2, 2, 2, 2, 0, 0],
    ]
    let third: Matrix = [
      [0, 3, 2, 2, 3, 2], [1, 1, 1, 1, 1, 1], [1, 2, 3, 3, 0, 0], [1, 2, 0, 2, 0, 0],
      [1, 2, 3, 1, 1, 1], [1, 3, 3, 2, 1, 1], [3, 3, 0, 2, 0, 2],
    ]
    let first = image7.prefix(6).map { Array($0.prefix(6)) } + [[Float](repeating: 0, count: 6)]
    let channels = [Matrix(first), second, third].map { Tensor(Array($0.prefix(rows))) }
    return Tensor.stack(channels, along: 2).expandingDimensions(at: 0)
  }

  @Test("The 6 × 6 × 3 volume, with the last row that the slide has wrong")
  func volume() throws {
    let filter = Tensor.stack(
      [
        Tensor(Self.filter3), Tensor([[1, 0, 1], [-1, 1, 0], [0, 0, -0.5]] as Matrix),
        Tensor([[1, 0, 1], [1, 0.5, -1], [0, 1, 0]] as Matrix),
      ], along: 2)
    let layer = try Self.layer(filter, padding: .same)
    let upper: Matrix = [
      [1, -2.5, -1, -1, 0.5, 2], [11.5, 5.5, 16.5, 9.5, 8, 3], [4.5, 8, 4, 10, 1.5, 1.5],
      [7.5, 14.5, 19.5, 2.5, 2, 1], [3.5, 9, 16, 1.5, -0.5, 2.5],
    ]
    #expect(Self.matrix(layer(Self.volume(rows: 6))) == upper + [[2, 9, 7, 5, -0.5, 2.5]])
    // The first two values by channel: 0 + 3 − 2 and −1.5 − 1.5 + 0.5.
    let parts: [[Float]] = try (0..<3).map { channel in
      let one = try Self.layer(filter[0..., 0..., channel..<(channel + 1)], padding: .same)
      let whole = Self.volume(rows: 6)
      return Array(Self.matrix(one(whole[0..., 0..., 0..., channel..<(channel + 1)]))[0].prefix(2))
    }
    #expect(parts == [[0, -1.5], [3, -1.5], [-2, 0.5]])
    // The slide's row belongs to a volume of seven rows.
    let seven = Self.matrix(layer(Self.volume(rows: 7)))
    #expect(Array(seven.prefix(6)) == upper + [[4, 11, 6, 7, -0.5, 4.5]])
  }

  @Test("The 4 × 4 image by a filter of even size: borders 0 and 1, steps 1, 2 and 3")
  func evenFilter() throws {
    let filter: Matrix = [[-1, 1], [-1, 1]]
    #expect(
      try Self.convolved(Self.image4, filter) == [[2, 1, 2], [-5, -1, 7], [-5, -2, 5]])
    #expect(try Self.convolved(Self.image4, filter, strides: 2) == [[2, 2], [-5, 5]])
    #expect(
      try Self.convolved(Self.image4, filter, padding: .same) == [
        [2, 1, 2, -8], [-5, -1, 7, -8], [-5, -2, 5, -7], [0, -3, 2, -3],
      ])
    let padded = ZeroPadding2D(1)(Self.image(Self.image4))
    let expected: [Matrix] = [
      [
        [1, 2, 3, -2, -4], [3, 2, 1, 2, -8], [7, -5, -1, 7, -8], [9, -5, -2, 5, -7],
        [4, 0, -3, 2, -3],
      ], [[1, 3, -4], [7, -1, -8], [4, -3, -3]], [[1, -2], [9, 5]],
    ]
    for (step, values) in expected.enumerated() {
      let layer = try Self.layer(Self.filter(filter), strides: step + 1)
      #expect(Self.matrix(layer(padded)) == values)
    }
  }

  @Test("Poolings of the 4 × 4 image, with the mean that the slide has wrong")
  func pooling() {
    let x = Self.image(Self.image4)
    #expect(Self.matrix(MaxPool2D(2, strides: 1)(x)) == [[3, 6, 6], [5, 2, 4], [5, 4, 4]])
    #expect(
      Self.matrix(AvgPool2D(2, strides: 1)(x)) == [
        [2, 2.75, 3.5], [2.25, 0.75, 2.25], [3.25, 1.5, 2.25],
      ])
    #expect(Self.matrix(MaxPool2D(2)(x)) == [[3, 6], [5, 4]])
    #expect(Self.matrix(AvgPool2D(2)(x)) == [[2, 3.5], [3.25, 2.25]])
    let largest = MaxPool2D(2, strides: 1)
    #expect(
      Self.matrix(gradient(at: x) { largest($0).sum() }) == [
        [0, 1, 2, 0], [0, 1, 0, 1], [2, 0, 0, 1], [0, 1, 0, 0],
      ])
    let mean = AvgPool2D(2, strides: 1)
    #expect(
      Self.matrix(gradient(at: x) { mean($0).sum() }) == [
        [0.25, 0.5, 0.5, 0.25], [0.5, 1, 1, 0.5], [0.5, 1, 1, 0.5], [0.25, 0.5, 0.5, 0.25],
      ])
  }

  @Test("Sizes of outputs are ⌊(w − f + 2b) / p⌋ + 1")
  func sizes() throws {
    let rows = [
      (4, 2, 0, 1, 3), (4, 2, 1, 1, 5), (4, 2, 1, 2, 3), (4, 2, 1, 3, 2), (7, 3, 0, 1, 5),
      (7, 3, 1, 1, 7), (6, 3, 1, 1, 6), (28, 5, 0, 1, 24), (61, 2, 0, 2, 30),
    ]
    for (width, window, border, step, expected) in rows {
      let input = Input(shape: [width, width, 1])
      let padded = ZeroPadding2D(border)(input)
      let output = Conv2D(1, kernelSize: window, strides: step)(padded)
      let pooled = MaxPool2D(window, strides: step)(padded)
      #expect(output.shape == [nil, expected, expected, 1])
      #expect(pooled.shape == output.shape)
    }
    var x = Input(shape: [128, 128, 1])
    for size in [64, 32, 16] {
      x = MaxPool2D()(x)
      #expect(x.shape[1] == size)
    }
    let image: PartialShape = [nil, 32, 32, 3]
    for (padding, size) in [(Padding.valid, 28), (.same, 32)] {
      let layer = Conv2D(1, kernelSize: 5, padding: padding)
      try layer.build(for: [image])
      #expect(try layer.outputShape(image)[1] == size)
    }
  }

  @Test("The slides' filters on the 4 × 4 image")
  func filters() throws {
    let rows: [(Matrix, Float, Matrix)] = [
      ([[0, 0, 0], [0, 1, 0], [0, 0, 0]], 1, [[2, 0], [0, 1]]),
      ([[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]], 1, [[-1, 7], [-9, 5]]),
      ([[1, 1, 1], [0, 0, 0], [-1, -1, -1]], 1, [[4, 8], [-5, -2]]),
      ([[1, 1, 1], [1, 1, 1], [1, 1, 1]], 9, [[20, 24], [19, 19]]),
      ([[1, 0, -1], [0, 0, 0], [-1, 0, 1]], 1, [[-9, 3], [-1, -3]]),
      ([[0, 1, 0], [1, -4, 1], [0, 1, 0]], 1, [[-3, 13], [12, 1]]),
      ([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]], 1, [[-2, -24], [-19, -10]]),
      ([[0, -1, 0], [-1, 5, -1], [0, -1, 0]], 1, [[5, -13], [-12, 0]]),
      ([[1, 2, 1], [2, 4, 2], [1, 2, 1]], 16, [[31, 37], [31, 27]]),
    ]
    for (filter, divisor, expected) in rows {
      // Undivided sums are exact; the division is one rounding.
      #expect(try Self.convolved(Self.image4, filter) == expected)
      let divided = filter.map { $0.map { $0 / divisor } }
      let found = try Self.convolved(Self.image4, divided)
      for (row, wanted) in zip(found.joined(), expected.joined()) {
        #expect(abs(row - wanted / divisor) <= 1e-6)
      }
      // A constant image stays where the weights add up to 1, and vanishes where they add up to 0.
      let flat = try Self.convolved(Matrix(repeating: [2, 2, 2], count: 3), divided)[0][0]
      let sum = divided.joined().reduce(0, +)
      #expect(abs(flat - 2 * sum) <= 1e-6 && (abs(sum) <= 1e-6 || abs(sum - 1) <= 1e-6))
    }
    let sharpen: Matrix = [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]
    #expect(
      try Self.convolved(Self.image4, sharpen, padding: .same) == [
        [0, 6, 23, 10], [2, 5, -13, 12], [19, -12, 0, 12], [11, 15, -3, 10],
      ])
    let vertical: Matrix = [[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]]
    #expect(
      try Self.convolved(Self.image4, vertical, padding: .same) == [
        [5, 3, 3, -6], [5, -1, 7, -7], [6, -9, 5, -2], [4, -7, 3, -2],
      ])
  }

  @Test("The series of the slides, averaged over four steps")
  func series() throws {
    let values: [Float] = [100, 120, 115, 200, 135, 130, 140]
    let expected: [(Padding, [Float])] = [
      (.valid, [133.75, 142.5, 145, 151.25]),
      (.causal, [25, 55, 83.75, 133.75, 142.5, 145, 151.25]),
      (.same, [83.75, 133.75, 142.5, 145, 151.25, 101.25, 67.5]),
    ]
    for (padding, numbers) in expected {
      let layer = Conv1D(
        1, kernelSize: 4, padding: padding, useBias: false, kernelInitializer: .constant(0.25))
      let y = layer(Tensor(values).reshaped(to: [1, 7, 1]))
      #expect(y.scalars == numbers)
    }
  }
}
