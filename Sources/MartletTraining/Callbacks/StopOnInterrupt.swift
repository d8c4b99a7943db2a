import Foundation

/// Ends training cleanly after the batch when somebody presses Ctrl-C; pressed twice, the program
/// ends at once.
///
/// `fit` returns the history so far. The program's own handling of the signal is put back
/// afterwards, and also holds where `fit` ended with an error.
public final class StopOnInterrupt: Callback {
  private let pressed = Flag()
  private var watch: InterruptWatch?

  /// Creates the callback.
  public init() {}

  public func trainingBegan(_ run: TrainingRun) {
    watch?.end()
    pressed.lower()
    watch = InterruptWatch(during: run, raising: pressed)
  }

  public func batchEnded(_ batch: Int, _ run: TrainingRun) {
    if pressed.isRaised {
      run.interrupt()
      run.announce("\nInterrupted: training ends after this batch.")
    }
  }

  public func trainingEnded(_ run: TrainingRun) {
    watch?.end()
    watch = nil
  }

  deinit { watch?.end() }
}

/// Raises a flag at the first Ctrl-C of a training, until it is told to put back what was there.
///
/// A source of signals by Dispatch would not do: on Linux it sets its own handler once for all, and
/// blocks the signal in the threads that it reaches.
///
/// Unchecked `Sendable`: what changes is guarded by a lock, and of the run nothing is asked but
/// whether it is there.
private final class InterruptWatch: @unchecked Sendable {
  private let lock = NSLock()
  private var former: sigaction? = sigaction()
  private weak var run: TrainingRun?
  private let source: any DispatchSourceRead

  init(during run: TrainingRun, raising flag: Flag) {
    self.run = run
    _ = emptyInterruptPipe()
    source = DispatchSource.makeReadSource(
      fileDescriptor: interruptPipe.reading, queue: .global())
    source.setEventHandler { [weak self] in
      guard emptyInterruptPipe(), let self else { return }
      if self.run != nil {
        flag.raise()
      } else {
        // Nobody tells a callback that `fit` has thrown; its run is gone then.
        self.end()
        kill(getpid(), SIGINT)
      }
    }
    source.resume()
    sigaction(SIGINT, nil, &former!)
    signal(SIGINT) { _ in
      let before = errno
      var byte: UInt8 = 1
      _ = write(interruptPipe.writing, &byte, 1)
      errno = before
    }
    // The second time the signal ends the program.
    var own = sigaction()
    sigaction(SIGINT, nil, &own)
    own.sa_flags |= Int32(truncatingIfNeeded: SA_RESETHAND)
    sigaction(SIGINT, &own, nil)
  }

  func end() {
    source.cancel()
    lock.withLock {
      guard var action = former else { return }
      former = nil
      sigaction(SIGINT, &action, nil)
    }
  }
}

/// What a handler of signals may do is to write into a pipe, which is made before.
private let interruptPipe: (reading: Int32, writing: Int32) = {
  var ends: [Int32] = [-1, -1]
  _ = pipe(&ends)
  for end in ends { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
  return (ends[0], ends[1])
}()

/// Whether there was something in the pipe.
private func emptyInterruptPipe() -> Bool {
  var bytes = [UInt8](repeating: 0, count: 16)
  var found = false
  while read(interruptPipe.reading, &bytes, bytes.count) > 0 { found = true }
  return found
}

/// Unchecked `Sendable`: guarded by a lock.
private final class Flag: @unchecked Sendable {
  private let lock = NSLock()
  private var value = false
  var isRaised: Bool { lock.withLock { value } }
  func raise() { lock.withLock { value = true } }
  func lower() { lock.withLock { value = false } }
}
