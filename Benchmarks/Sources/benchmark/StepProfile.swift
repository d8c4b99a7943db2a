import CKernels
import Foundation
import Martlet

/// The kernels of a step, those that take longest first: time, share of the step, and what products
/// and convolutions reach of the machine's peak.
///
/// A convolution's operations are those of the direct algorithm, whichever is used.
func profile(of trial: Trial, _ workload: Workload, threads: Int) -> String {
  let peak = Peak(threads: threads, dtype: mk_dtype(MK_F32))
  let best = (0..<5).map { _ in medianNanoseconds(0.02, peak.run) }.min()!
  let (_, profile) = Profile.take { for _ in 0..<10 { attempt { try trial.step() } } }
  let total = Double(max(profile.entries.reduce(0) { $0 + $1.nanoseconds }, 1))
  var lines = [
    "\(workload.name), \(threads) threads: \(Figure.number(total / 1e4)) µs of kernels in a step,"
      + " \(Figure.number(Double(profile.kernelCount) / 10)) calls",
    "share     µs a step  of peak  kernel",
  ]
  for entry in profile.entries {
    let time = Double(entry.nanoseconds)
    if time < total / 200 { break }
    let operations = operations(of: entry, workload, trial.model) * Double(entry.calls)
    let reached = operations / time / (peak.operations / best)
    let kernel = entry.kernel.count > 60 ? entry.kernel.prefix(59) + "…" : entry.kernel[...]
    lines.append(
      String(format: "%4.1f %%  %10.1f  ", 100 * time / total, time / 1e4)
        + (operations > 0 ? String(format: "%4.0f %%   ", 100 * reached) : "         ")
        + "\(entry.calls / 10) × \(kernel) \(entry.sizes)")
  }
  return lines.joined(separator: "\n")
}

/// The arithmetic of a kernel's call: of `[m, k] × [k, n]`, or of the layer whose convolution has
/// images of these sizes; 0 for others.
private func operations(of entry: Profile.Entry, _ workload: Workload, _ model: Model) -> Double {
  let lists = entry.sizes.split(separator: "[").compactMap { part -> [Int]? in
    guard let end = part.firstIndex(of: "]") else { return nil }
    return part[..<end].split(separator: ",").compactMap {
      Int($0.trimmingCharacters(in: .whitespaces))
    }
  }
  guard let sizes = lists.first else { return 0 }
  if entry.sizes.contains("] × ["), lists.count == 2, let columns = lists[1].last {
    return 2 * sizes.reduce(1) { $0 * Double($1) } * Double(columns)
  }
  let kind = entry.kernel.prefix { $0.isLetter || $0.isNumber }
  guard kind.lowercased().contains("conv"), let window = entry.window else { return 0 }
  // The gradient of the images is called by the sizes of the result's gradient.
  let isBackward = kind.hasPrefix("transposed")
  func search(_ layers: [Layer]) -> Double? {
    for layer in layers {
      if let nested = layer as? Model {
        if let found = search(nested.layers) { return found }
        continue
      }
      guard let kernel = layer.weights.first(where: { $0.value.rank == 4 })?.value,
        let input = layer.builtShapes.first?.map({ $0 ?? workload.batch }),
        let output = try? layer.outputShapes(layer.builtShapes).first?.map({ $0 ?? workload.batch })
      else { continue }
      let isStrided = input[1] >= 2 * output[1]
      if sizes == (isBackward ? output : input), window == "\(kernel.shape[0])×\(kernel.shape[1])",
        isStrided == entry.sizes.contains("strides")
      {
        return 2 * Double(kernel.count) * Double(output.dropLast().reduce(1, *))
      }
    }
    return nil
  }
  return search(model.layers) ?? 0
}

extension Profile.Entry {
  /// A convolution's window, as `3×3`.
  fileprivate var window: String? {
    guard let by = sizes.range(of: "] by ") else { return nil }
    return sizes[by.upperBound...].split(separator: " ").first.map { String($0) }
  }
}
