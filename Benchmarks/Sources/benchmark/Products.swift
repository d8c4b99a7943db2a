import CKernels
import Martlet

/// Products of matrices: the kernel alone, and through the tensors.
let productBenchmarks: [Benchmark] = [
  Benchmark(name: "gemm", what: "built-in products, replayed: share of the peak") { settings in
    let peer = settings.peers.isAsked ? OpenBLAS() : nil
    return sizes(settings).map { m, k, n, threads in
      let (a, b, c) = (Buffer(m * k), Buffer(k * n), Buffer(m * n))
      var arguments = mk_gemm_args()
      (arguments.a.base, arguments.b.base, arguments.c.base) = (0, 1, 2)
      (arguments.m, arguments.n, arguments.k) = (Int64(m), Int64(n), Int64(k))
      (arguments.a_row, arguments.a_column) = (Int64(k), 1)
      (arguments.b_row, arguments.b_column) = (Int64(n), 1)
      (arguments.c_row, arguments.c_batch) = (Int64(n), Int64(m * n))
      arguments.blocking = mk_gemm_blocking(
        arguments.m, arguments.n, arguments.k, arguments.dtype, UInt32(threads))
      let parts = arguments.blocking.row_parts * arguments.blocking.column_parts
      let rate = withUnsafePointer(to: arguments) { arguments in
        let scratch = mk_gemm_scratch(arguments)
        return Rate(
          settings, threads: threads, operations: operations(m, k, n),
          beside: peer?.product(a, b, c, m: m, k: k, n: n, threads: threads)
        ) {
          replay(
            [mk_call(run: mk_gemm, args: arguments, parts: parts)],
            over: [a.memory, b.memory, c.memory], scratch: scratch)
        }
      }
      let beside = rate.peerGigaflops.map {
        [("openBLAS", Figure.number($0)), ("ratio", Figure.number(rate.gigaflops / $0))]
      }
      return rate.figure(
        "gemm-\(m)x\(k)x\(n)", threads: threads, [("parts", "\(parts)")] + (beside ?? []))
    }
  },
  Benchmark(
    name: "matmul", what: "the same products by tensors, recording and plan included"
  ) { settings in
    sizes(settings).map { m, k, n, threads in
      let random = RandomSource(seed: 1)
      let a = Tensor.randomUniform([m, k], using: random).evaluated()
      let b = Tensor.randomUniform([k, n], using: random).evaluated()
      let rate = Rate(settings, threads: threads, operations: operations(m, k, n)) {
        a.matmul(b).evaluated()
      }
      return rate.figure(
        "matmul-\(m)x\(k)x\(n)", threads: threads, [("backend", Tensor.matrixBackend)])
    }
  },
]

/// Rows, terms, columns and threads of the products.
private func sizes(_ settings: Settings) -> [(m: Int, k: Int, n: Int, threads: Int)] {
  let all = [(1024, 1024, 1024), (128, 784, 512), (64, 64, 64)]
  return all.flatMap { m, k, n in
    (settings.threads.map { [$0] } ?? [1, 2]).map { (m, k, n, $0) }
  }
}

private func operations(_ m: Int, _ k: Int, _ n: Int) -> Double {
  2 * Double(m) * Double(k) * Double(n)
}
