import MartletLayers
import MartletTensors

// Distances between distributions, and the likelihood of counts.

extension Loss {
  /// The Kullback-Leibler divergence of the prediction from the target, Σ y log(y / p), both held in
  /// [1e-7, 1].
  public static var klDivergence: Loss { klDivergence() }
  /// The Kullback-Leibler divergence of the prediction from the target, Σ y log(y / p), both held in
  /// [1e-7, 1].
  public static func klDivergence(reduction: Reduction = .sumOverBatchSize) -> Loss {
    Loss("kl_divergence", className: "KLDivergence", reduction, targets: .same) { y, p in
      let (y, p) = (y.clipped(to: epsilon, 1), p.clipped(to: epsilon, 1))
      return LossValues((y * (y / p).log()).sum(along: -1))
    }
  }

  /// The negative log-likelihood of counts under Poisson's law, p − y log(p + 1e-7).
  public static var poisson: Loss { poisson() }
  /// The negative log-likelihood of counts under Poisson's law, p − y log(p + 1e-7).
  public static func poisson(reduction: Reduction = .sumOverBatchSize) -> Loss {
    Loss("poisson", className: "Poisson", reduction, targets: .same) { y, p in
      .mean(of: p - y * (p + epsilon).log())
    }
  }
}

extension LossKind {
  static let klDivergence = LossKind(
    "KLDivergence", ["kl_divergence", "kld", "KLD", "kullback_leibler_divergence"]
  ) { _ in .klDivergence }
  static let poisson = LossKind("Poisson", ["poisson"]) { _ in .poisson }
}
