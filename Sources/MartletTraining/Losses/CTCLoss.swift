import MartletLayers
import MartletTensors

extension Loss {
  /// The connectionist temporal classification loss, of sequences that are not aligned with their
  /// labels.
  ///
  /// The negative log-likelihood of a label sequence, summed over every way to stretch it over the
  /// time steps with blanks in between. Class 0 is the blank, and what pads the labels.
  /// Predictions are logits. An impossible label sequence (longer than the time steps allow) costs
  /// about 1e5 a missing step, as in Keras.
  ///
  /// Targets: `[batch, labels]`. Predictions: `[batch, time, classes]`.
  ///
  /// - Complexity: About 25 operations are recorded for each time step.
  /// - Source: Graves et al., *Connectionist Temporal Classification*, 2006.
  public static var ctc: Loss { ctc() }
  /// The connectionist temporal classification loss, with a reduction of choice.
  public static func ctc(reduction: Reduction = .sumOverBatchSize) -> Loss {
    Loss("ctc", className: "CTC", reduction, targets: .sequences) { labels, p in
      LossValues(CTC(labels: labels, logits: p).negativeLogLikelihood())
    }
  }
}

/// The forward pass over time, in logarithms.
///
/// blank[n]: the first n labels are said and a blank was last. said[n]: label n was last.
private struct CTC {
  /// What stands for the logarithm of 0.
  static let never = -1e5

  /// The log-probability of each label at each time, `[batch, time, labels]`.
  let emitted: Tensor
  /// The log-probability of the blank at each time, `[batch, time]`.
  let blanks: Tensor
  /// 1 where a label is the same as the next one, `[batch, labels]`.
  let repeats: Tensor
  /// How many labels each sequence has, `[batch]`.
  let lengths: Tensor

  init(labels: Tensor, logits: Tensor) {
    let (batch, time, count) = (logits.shape[0], logits.shape[1], labels.shape[1])
    let logProbabilities = logits.logSoftmax()
    let places = labels.expandingDimensions(at: 1).broadcast(to: [batch, time, count])
    emitted = logProbabilities.takingAlong(2, at: places)
    blanks = logProbabilities[.all, .all, 0]
    let next = Tensor.concatenate(
      [labels[.all, 1...], Tensor.full([batch, 1], -1, dtype: labels.dtype)], along: 1)
    repeats = (labels .== next).cast(to: logits.dtype)
    lengths = (labels .!= 0).cast(to: .int32).sum(along: 1)
  }

  func negativeLogLikelihood() -> Tensor {
    let (batch, time, count) = (emitted.shape[0], emitted.shape[1], emitted.shape[2])
    let dtype = emitted.dtype
    let start = Tensor.zeros([batch, 1], dtype: dtype)
    var blank = Tensor.concatenate(
      [start, Tensor.full([batch, count], CTC.never, dtype: dtype)], along: 1)
    var said = Tensor.full([batch, count], CTC.never, dtype: dtype)
    let repeated = repeats * CTC.never
    let different = (1 - repeats) * CTC.never
    for step in 0..<time {
      let emit = emitted[.all, step]
      let pause = blanks[.all, step].expandingDimensions(at: 1)
      // A label follows another one at once, unless both are the same.
      let ready = moved(blank, said + repeated)
      let nextSaid = logAdd(ready[.all, 0..<count], said) + emit
      // Between two that are the same there is a blank.
      blank = moved(ready + pause, said + pause + different)
      said = nextSaid
    }
    let whole = moved(blank, said)
    return -whole.takingAlong(1, at: lengths.expandingDimensions(at: 1)).squeezed(along: 1)
  }

  /// blank[n + 1] with what comes from said[n] added in.
  private func moved(_ blank: Tensor, _ added: Tensor) -> Tensor {
    Tensor.concatenate([blank[.all, 0..<1], logAdd(blank[.all, 1...], added)], along: 1)
  }

  /// log(eᵃ + eᵇ).
  private func logAdd(_ a: Tensor, _ b: Tensor) -> Tensor {
    a.maximum(b) + (-(a - b).abs()).exp().log1p()
  }
}

extension TargetRule {
  /// Label sequences and logits over time.
  static let sequences = TargetRule(
    mistake: { who, target, prediction in
      if prediction.count == 3 && target.count == 2 && target[0] == prediction[0] { return nil }
      return Diagnostic(
        who, "the targets do not fit the predictions",
        expected: "targets [batch, labels], predictions [batch, time, classes]",
        got: "targets \(target), predictions \(prediction)")
    },
    prepare: { y, p in
      (y.cast(to: .int32), p.dtype.isFloating ? p : p.cast(to: .float32))
    })
}

extension LossKind {
  static let ctc = LossKind("CTC", ["ctc"]) { _ in .ctc }
}
