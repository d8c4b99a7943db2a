import CKernels

/// A block of memory that holds the elements of one tensor, dense in row-major order.
///
/// Unchecked `Sendable`: the memory is written only by the evaluation that creates the storage,
/// before it is published, or by one that holds the only reference (donation).
final class Storage: @unchecked Sendable {
  let pointer: UnsafeMutableRawPointer
  let byteCount: Int

  /// Allocates memory that is not cleared.
  init(byteCount: Int) {
    guard let pointer = mk_allocate(byteCount) else {
      trap(
        Diagnostic(
          "Tensor", "there is not enough memory", expected: "\(byteCount) bytes more",
          got: "a refusal of the system with \(mk_live_bytes()) bytes in use",
          fix: "use a smaller batch, or let go of tensors that are no longer needed"),
        file: #fileID, line: #line)
    }
    self.pointer = pointer
    self.byteCount = byteCount
  }

  deinit { mk_free(pointer, byteCount) }
}

/// What memory the library holds at this moment; for tests and for finding leaks.
public enum MemoryUse {
  /// The number of live blocks: tensors that have a value, and the arenas of plans.
  public static var liveBuffers: Int { Int(mk_live_blocks()) }
  /// Their size, in bytes.
  public static var liveBytes: Int { Int(mk_live_bytes()) }
}
