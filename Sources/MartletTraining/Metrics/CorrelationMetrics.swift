import MartletLayers
import MartletTensors

// Correlations of targets and predictions along an axis, averaged over the samples.

extension Metric {
  /// Pearson's correlation along the last axis, averaged over the samples.
  public static var pearsonCorrelation: Metric { pearsonCorrelation() }
  /// Pearson's correlation along an axis, averaged over the samples; NaN where one of the two is
  /// constant.
  public static func pearsonCorrelation(
    axis: Int = -1, name: String = "pearson_correlation"
  ) -> Metric {
    MeanMetricWrapper(
      name, className: "PearsonCorrelation", .maximize, ["axis": .int(axis)], targets: .same
    ) { y, p in
      (standardized(y, axis) * standardized(p, axis)).mean(along: axis)
    }
  }

  /// The concordance correlation along the last axis, averaged over the samples.
  public static var concordanceCorrelation: Metric { concordanceCorrelation() }
  /// The concordance correlation along an axis, averaged over the samples: how close predictions
  /// come to being equal to the targets, not only proportional.
  ///
  /// - Source: Lin, *A concordance correlation coefficient*, 1989.
  public static func concordanceCorrelation(
    axis: Int = -1, name: String = "concordance_correlation"
  ) -> Metric {
    MeanMetricWrapper(
      name, className: "ConcordanceCorrelation", .maximize, ["axis": .int(axis)], targets: .same
    ) { y, p in
      let (yMean, pMean) = (
        y.mean(along: axis, keepingDimensions: true), p.mean(along: axis, keepingDimensions: true)
      )
      let spread =
        y.variance(along: axis, keepingDimensions: true)
        + p.variance(along: axis, keepingDimensions: true) + (yMean - pMean).square()
      // Σ (y − p̄)(p − p̄) is Σ (y − ȳ)(p − p̄), since the second factors add up to 0.
      let covariance = (y - pMean) * (p - pMean)
      return (covariance * 2 / (spread + Loss.epsilon)).mean(along: axis)
    }
  }

  @Sendable private static func standardized(_ x: Tensor, _ axis: Int) -> Tensor {
    let centred = x - x.mean(along: axis, keepingDimensions: true)
    return centred / centred.standardDeviation(along: axis, keepingDimensions: true)
  }
}

extension MetricKind {
  static let correlations = [
    MetricKind("PearsonCorrelation", ["pearson_correlation"]) { configuration throws(Diagnostic) in
      .pearsonCorrelation(axis: try configuration.int("axis", default: -1))
    },
    MetricKind(
      "ConcordanceCorrelation", ["concordance_correlation"]
    ) { configuration throws(Diagnostic) in
      .concordanceCorrelation(axis: try configuration.int("axis", default: -1))
    },
  ]
}
