import Testing

@testable import MartletTensors

/// Networks drawn at random, trained for three steps in every way that must not change a bit: what
/// fusion, replay and threads do to operations together that no test of one operation sees.
@Suite struct RandomNetworkTests {
  @Test(arguments: 0..<80 as Range<UInt64>)
  func `training gives the same bits in every way there is`(seed: UInt64) {
    let bits = RandomNetwork(seed).trained()
    #expect(withoutFusion { RandomNetwork(seed).trained() } == bits, "without fusion")
    #expect(RandomNetwork(seed).trained(replaying: true) == bits, "replayed")
    #expect(RandomNetwork(seed).trained(reading: false) == bits, "losses read at the end")
    #expect(withThreads(3) { RandomNetwork(seed).trained() } == bits, "by three threads")
  }
}

/// A network of convolutions and what stands around them, as its seed has it.
private final class RandomNetwork {
  private let seed: UInt64
  /// Begins anew with every pass, so that each makes the same graph.
  private var random: SplitMix
  private var weights: [Variable] = []
  private var moments: [Variable] = []
  /// The place in `weights` of the one that is asked for next.
  private var place = 0

  init(_ seed: UInt64) {
    self.seed = seed
    random = SplitMix(state: seed)
  }

  private func pick(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }

  private func noise(_ shape: Shape, around mean: Double = 0, within range: Double) -> Tensor {
    var random = SplitMix(state: seed &* 31 &+ UInt64(weights.count))
    let scalars = (0..<shape.reduce(1, *)).map { _ in
      Float(mean + range * (2 * random.unit() - 1))
    }
    return Tensor(scalars, shape: shape).evaluated()
  }

  /// A weight, made in the first pass.
  private func weight(_ shape: Shape, around mean: Double = 0, within range: Double) -> Tensor {
    if place == weights.count {
      weights.append(Variable(noise(shape, around: mean, within: range)))
      moments.append(Variable(Tensor.zeros(shape).evaluated()))
    }
    place += 1
    return weights[place - 1].value
  }

  private func activation(_ x: Tensor) -> Tensor {
    switch pick(10) {
    case 0: x.tanh()
    case 1: x.sigmoid()
    case 2: x.gelu()
    case 3: x.silu()
    case 4: x.elu()
    case 5: x.leakyRelu()
    case 6: x.clipped(to: -1, 1)
    default: x.relu()
    }
  }

  private func normalized(_ x: Tensor) -> Tensor {
    let axes = Array(0..<x.rank - 1)
    let mean = x.mean(along: axes, keepingDimensions: true)
    let variance = (x - mean).square().mean(along: axes, keepingDimensions: true)
    let gamma = weight([x.shape[x.rank - 1]], around: 1, within: 0.3)
    let beta = weight([x.shape[x.rank - 1]], within: 0.3)
    return (x - mean) * (variance + 0.01).rsqrt() * gamma + beta
  }

  private func layer(_ x: Tensor, _ draws: RandomSource) -> Tensor {
    let (side, channels) = (min(3, x.shape[1], x.shape[2]), x.shape[3])
    let filters = [1, 3, 4, 8, 12, 17][pick(6)]
    switch pick(9) {
    case 0, 1, 2:
      let kernel = weight([side, side, channels, filters], within: 0.5)
      let y = x.convolved(
        with: kernel, strides: 1 + pick(2), padding: pick(2) == 0 ? .same : .valid)
      return activation(pick(3) == 0 ? y : y + weight([filters], within: 0.1))
    case 3:
      let y = x.depthwiseConvolved(
        with: weight([side, side, channels, 1], within: 0.5), padding: .same)
      return activation(y + weight([channels], within: 0.1))
    case 4:
      let kernel = weight([3, 3, filters, channels], within: 0.3)
      return activation(x.transposedConvolved(with: kernel, padding: .same))
    case 5: return activation(normalized(x))
    case 6:
      let (strides, padding) = (1 + pick(2), pick(2) == 0 ? Padding.same : .valid)
      let window = min(2, side)
      return pick(2) == 0
        ? x.maxPooled(over: window, strides: strides, padding: padding)
        : x.averagePooled(over: window, strides: strides, padding: padding)
    case 7:
      let kept = Tensor.randomBernoulli(x.shape, probability: 0.75, using: draws)
      return .where(kept, x / 0.75, .zeros([]))
    default:
      let kernel = weight([side, side, channels, channels], within: 0.3)
      let y = x.convolved(with: kernel, padding: .same)
      let gate = x.mean(along: [1, 2], keepingDimensions: true).sigmoid()
      return pick(2) == 0 ? activation(y + x) : .concatenate([y * gate, x], along: 3)
    }
  }

  private func loss(_ images: Tensor, _ labels: Tensor) -> Tensor {
    (random, place) = (SplitMix(state: seed), 0)
    let draws = RandomSource(seed: seed)
    var x = images
    for _ in 0..<1 + pick(4) { x = layer(x, draws) }
    x = pick(2) == 0 ? x.mean(along: [1, 2]) : x.reshaped(to: [x.shape[0], x.count / x.shape[0]])
    let logits = x.matmul(weight([x.shape[1], 5], within: 0.3)) + weight([5], within: 0.1)
    return .crossEntropy(logits: logits, labels: labels).mean()
  }

  /// A step by momentum, whose gradients are clipped by their norm for every other seed.
  private func step(_ images: Tensor, _ labels: Tensor) -> Tensor {
    let (loss, gradients) = valueAndGradient(of: weights) { self.loss(images, labels) }
    var factor = Tensor(1)
    if seed % 2 == 0 {
      let squares = gradients.map { $0.square().sum() }
      factor = 1 / squares.dropFirst().reduce(squares[0]) { $0 + $1 }.sqrt().maximum(1)
    }
    for (index, gradient) in gradients.enumerated() {
      moments[index].assign(moments[index].value * 0.9 - gradient * factor * 0.05)
      weights[index].assign(weights[index].value + moments[index].value)
    }
    return loss
  }

  /// The bits of a loss without gradients, of those of three steps, and of the weights after them.
  func trained(replaying: Bool = false, reading: Bool = true) -> [[UInt32]] {
    // Whole vectors of images for every instruction set, or few.
    let batch = seed % 3 == 0 ? 3 : 16
    let images = noise([batch, 4 + Int(seed % 7), 5, 1 + Int(seed % 4)], within: 1)
    let labels = Tensor((0..<batch).map { Int32($0 % 5) }).evaluated()
    // Makes the weights, which evaluates what was recorded before each.
    _ = loss(images, labels)
    var losses = [loss(images, labels).evaluated()]
    let replayed = ReplayedStep { self.step($0, $1) }
    for _ in 0..<3 {
      let loss = replaying ? replayed(images, labels) : step(images, labels)
      losses.append(reading ? loss.evaluated() : loss)
    }
    return (losses + weights.map(\.value)).map { $0.scalars.map(\.bitPattern) }
  }
}
