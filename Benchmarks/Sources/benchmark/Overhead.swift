import CKernels
import Foundation
import Martlet

/// What the machinery costs around the kernels.
let overheadBenchmarks: [Benchmark] = [
  Benchmark(name: "record", what: "recording one operation, ns") { settings in
    let x = Tensor([1, 2, 3, 4] as [Float], shape: [4])
    let count = 1000
    let time = medianNanoseconds(settings.seconds) {
      var y = x
      for _ in 0..<count { y = y.relu() }
    }
    return [Figure(name: "record", value: time / Double(count), unit: "ns")]
  },
  Benchmark(name: "replay", what: "one tiny kernel of a replayed plan, ns") { settings in
    let x = Tensor([1, 2, 3, 4] as [Float], shape: [4])
    func chain(_ length: Int) -> Double {
      medianNanoseconds(settings.seconds) {
        var y = x
        // A running sum is not fused with its neighbours.
        for _ in 0..<length { y = y.cumulativeSum(along: 0) }
        y.evaluated()
      }
    }
    func recording(_ length: Int) -> Double {
      medianNanoseconds(settings.seconds) {
        var y = x
        for _ in 0..<length { y = y.cumulativeSum(along: 0) }
      }
    }
    let whole = (chain(400) - chain(200)) / 200
    let recorded = (recording(400) - recording(200)) / 200
    return [
      Figure(name: "replay", value: kernelTime(x), unit: "ns"),
      Figure(
        name: "evaluate", value: whole, unit: "ns",
        details: [("recording", Figure.number(recorded))]),
    ]
  },
  Benchmark(
    name: "softmax-step", what: "a training step 784→10 at batch 32, recorded anew, µs"
  ) { settings in
    let random = RandomSource(seed: 1)
    let x = Tensor.randomUniform([32, 784], using: random).evaluated()
    let labels = Tensor.randomIntegers([32], in: 0..<10, using: random).evaluated()
    let w = Variable(Tensor.zeros([784, 10]))
    let b = Variable(Tensor.zeros([10]))
    let time = medianNanoseconds(settings.seconds) {
      let (loss, gradients) = valueAndGradient(of: [w, b]) {
        Tensor.crossEntropy(logits: x.matmul(w.value) + b.value, labels: labels).mean()
      }
      w.assign(w.value - gradients[0] * 0.1)
      b.assign(b.value - gradients[1] * 0.1)
      loss.evaluated()
    }
    return [Figure(name: "softmax-step", value: time / 1000, unit: "µs")]
  },
  Benchmark(
    name: "depth",
    what: "1,000,000 chained operations recorded, differentiated, evaluated, released, s"
  ) { _ in
    let start = mk_clock()
    let thread = Thread {
      let x = Tensor([0.5] as [Float])
      let (value, slope) = valueAndGradient(at: x) { x in
        var y = x
        for _ in 0..<1_000_000 { y = -y }
        return y.sum()
      }
      precondition(slope.item() == 1 && value.item() == 0.5)
    }
    thread.stackSize = 512 << 10
    thread.start()
    while !thread.isFinished { usleep(1000) }
    return [Figure(name: "depth", value: Double(mk_clock() - start) / 1e9, unit: "s")]
  },
]

/// The time of one kernel in a long plan, by the profile of its replay.
private func kernelTime(_ x: Tensor) -> Double {
  var times: [Double] = []
  for _ in 0..<50 {
    var y = x
    for _ in 0..<400 { y = y.cumulativeSum(along: 0) }
    let (_, profile) = Profile.take { y.evaluated() }
    let nanoseconds = profile.entries.reduce(0) { $0 + $1.nanoseconds }
    times.append(Double(nanoseconds) / Double(profile.kernelCount))
  }
  return times.sorted()[times.count / 2]
}
