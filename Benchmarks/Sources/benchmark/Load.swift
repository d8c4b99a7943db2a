import Foundation

/// What the processors did while something was measured, where the system tells (Linux).
struct Load {
  private let busy: Double
  private let clock: Double

  init() {
    busy = Load.busyTime()
    clock = ProcessInfo.processInfo.systemUptime
  }

  /// The share of all processors, since this was made, that went to other processes than the
  /// measured ones, which used so many seconds.
  func others(measured seconds: Double) -> Double {
    let passed = ProcessInfo.processInfo.systemUptime - clock
    let cores = Double(ProcessInfo.processInfo.processorCount)
    return max(0, Load.busyTime() - busy - seconds) / max(passed * cores, 1e-9)
  }

  private static let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))

  /// All processors' seconds of work since the machine started, stolen ones too.
  private static func busyTime() -> Double {
    guard let line = lines(of: "/proc/stat").first else { return 0 }
    let numbers = line.split(separator: " ").dropFirst().compactMap { Double($0) }
    guard numbers.count >= 8 else { return 0 }
    // user, nice, system, idle, iowait, irq, softirq, steal
    return (numbers[0...2].reduce(0, +) + numbers[5...7].reduce(0, +)) / ticks
  }

  /// The seconds that a process and its children have used.
  static func processorTime(ofTree process: Int32) -> Double {
    var sum = processorTime(of: process)
    for line in lines(of: "/proc/\(process)/task/\(process)/children") {
      for child in line.split(separator: " ").compactMap({ Int32($0) }) {
        sum += processorTime(ofTree: child)
      }
    }
    return sum
  }

  static func processorTime(of process: Int32) -> Double {
    // Behind the name in brackets come the state and 10 numbers, then user and system time.
    guard let line = lines(of: "/proc/\(process)/stat").first,
      let fields = line.split(separator: ")").last?.split(separator: " "), fields.count > 12
    else { return 0 }
    return ((Double(fields[11]) ?? 0) + (Double(fields[12]) ?? 0)) / ticks
  }

  private static func lines(of path: String) -> [Substring] {
    ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").split(separator: "\n")
  }
}
