import CKernelChecks
import CKernels
import Testing

/// Every kernel against its plain twin, at the level that `MARTLET_ISA` names or the machine's own.
@Suite(.serialized) struct KernelTests {
  @Test(arguments: (0..<Int(kernel_check_count())).map { kernel_check_at(Int32($0)) })
  func `a kernel gives what its plain twin gives`(check: kernel_check) {
    let failures = check.run()
    #expect(
      failures == 0,
      "\(String(cString: check.name)) at \(String(cString: mk_isa_name(mk_isa())))")
  }
}

extension kernel_check: @retroactive @unchecked Sendable, @retroactive CustomTestStringConvertible {
  public var testDescription: String { String(cString: name) }
}
