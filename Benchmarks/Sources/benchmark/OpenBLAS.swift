import Foundation

/// The system's OpenBLAS, if there is one: what products are held against under `--peers`.
///
/// It is opened while the benchmark runs, so that building needs nothing.
struct OpenBLAS {
  private typealias Multiply =
    @convention(c) (
      CInt, CInt, CInt, CInt, CInt, CInt, Float, UnsafeRawPointer, CInt, UnsafeRawPointer, CInt,
      Float, UnsafeMutableRawPointer, CInt
    ) -> Void
  private typealias SetThreads = @convention(c) (CInt) -> Void
  private let multiply: Multiply
  private let setThreads: SetThreads

  /// nil, and a word on standard error, where the library is not installed.
  init?() {
    // Its idle threads spin for some tens of milliseconds, into the turns of others: half a
    // millisecond keeps them hot from call to call.
    setenv("OPENBLAS_THREAD_TIMEOUT", "20", 0)
    let names = ["libopenblas.so.0", "libopenblas.so", "libopenblas.dylib"]
    let library = names.lazy.compactMap { dlopen($0, RTLD_NOW) }.first
    guard let library, let multiply = dlsym(library, "cblas_sgemm"),
      let setThreads = dlsym(library, "openblas_set_num_threads")
    else {
      warn("there is no OpenBLAS to compare with: install libopenblas-dev")
      return nil
    }
    self.multiply = unsafeBitCast(multiply, to: Multiply.self)
    self.setThreads = unsafeBitCast(setThreads, to: SetThreads.self)
  }

  /// C [m, n] = A [m, k] · B [k, n], float32 in rows, on some threads.
  func product(
    _ a: Buffer, _ b: Buffer, _ c: Buffer, m: Int, k: Int, n: Int, threads: Int
  ) -> () -> Void {
    setThreads(CInt(threads))
    let (rows, plain) = (CInt(101), CInt(111))  // CblasRowMajor, CblasNoTrans
    let (m, k, n) = (CInt(m), CInt(k), CInt(n))
    return {
      multiply(rows, plain, plain, m, n, k, 1, a.memory, k, b.memory, n, 0, c.memory, n)
    }
  }
}
