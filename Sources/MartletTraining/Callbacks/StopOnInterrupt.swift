import Foundation

/// Ends training cleanly after the batch when somebody presses Ctrl-C; pressed twice, the program
/// ends at once.
///
/// `fit` returns the history so far. The handling of the signal is put back afterwards.
public final class StopOnInterrupt: Callback {
  private var source: (any DispatchSourceSignal)?
  private let pressed = Flag()

  /// Creates the callback.
  public init() {}

  public func trainingBegan(_ run: TrainingRun) {
    pressed.lower()
    signal(SIGINT, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
    source.setEventHandler { [pressed] in
      if pressed.isRaised { exit(130) }
      pressed.raise()
    }
    source.resume()
    self.source = source
  }

  public func batchEnded(_ batch: Int, _ run: TrainingRun) {
    if pressed.isRaised {
      run.interrupt()
      run.announce("\nInterrupted: training ends after this batch.")
    }
  }

  public func trainingEnded(_ run: TrainingRun) { restore() }
  deinit { restore() }

  private func restore() {
    guard let source else { return }
    source.cancel()
    self.source = nil
    signal(SIGINT, SIG_DFL)
  }
}

/// Unchecked `Sendable`: guarded by a lock.
private final class Flag: @unchecked Sendable {
  private let lock = NSLock()
  private var value = false
  var isRaised: Bool { lock.withLock { value } }
  func raise() { lock.withLock { value = true } }
  func lower() { lock.withLock { value = false } }
}
