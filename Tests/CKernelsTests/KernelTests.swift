import CKernelChecks
import CKernels
import Foundation
import Testing

/// Every kernel against its plain twin, at the level that `MARTLET_ISA` names or the machine's own.
@Suite(.serialized) struct KernelTests {
  static let checks = (0..<Int(kernel_check_count())).map { kernel_check_at(Int32($0)) }

  @Test func `the threads run all parts of all calls`() async {
    // In a process of its own: how many threads and processors there are is the process's.
    await #expect(processExitsWith: .success) {
      for check in KernelTests.checks where check.description == "replay" && check.run() == 0 {
        exit(EXIT_SUCCESS)
      }
      exit(EXIT_FAILURE)
    }
  }

  @Test(arguments: checks.filter { $0.description != "replay" })
  func `a kernel gives what its plain twin gives`(check: kernel_check) {
    let failures = check.run()
    #expect(
      failures == 0,
      "\(check) at \(String(cString: mk_isa_name(mk_isa())))")
  }
}

extension kernel_check: @retroactive @unchecked Sendable, @retroactive CustomStringConvertible {
  public var description: String { String(cString: name) }
}
