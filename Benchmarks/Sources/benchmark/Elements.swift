import CKernels
import Martlet

/// Elementwise functions and sums through the tensors, on arrays that stay in the last cache.
let elementwiseBenchmarks: [Benchmark] = [
  Benchmark(name: "elementwise", what: "functions of 2²⁰ float32 elements, GB/s") { settings in
    let count = 1 << 20
    let random = RandomSource(seed: 1)
    let x = Tensor.randomUniform([count], using: random).evaluated()
    let y = Tensor.randomUniform([count], using: random).evaluated()
    let functions: [(name: String, bytes: Int, run: @Sendable () -> Tensor)] = [
      ("add", 12, { x + y }), ("exp", 8, { x.exp() }), ("tanh", 8, { x.tanh() }),
      ("sigmoid", 8, { x.sigmoid() }), ("sum", 4, { x.sum() }),
    ]
    return functions.flatMap { function in
      (settings.threads.map { [$0] } ?? [1, 2]).map { threads in
        let time = withThreads(threads) {
          medianNanoseconds(settings.seconds) { function.run().evaluated() }
        }
        return Figure(
          name: "elementwise-\(function.name)",
          value: Double(function.bytes * count) / time, unit: "GB/s",
          details: [
            ("threads", "\(threads)"), ("bytesAnElement", "\(function.bytes)"),
            ("picosecondsAnElement", Figure.number(1000 * time / Double(count))),
          ])
      }
    }
  }
]
