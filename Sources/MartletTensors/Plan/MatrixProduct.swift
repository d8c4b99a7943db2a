import CKernels

/// A product of matrices about to be planned, its leading axes laid out as one batch.
///
///     c[p, i, j] = Σₖ a[p, i, k] · b[p, k, j]        then the epilogue, element by element
struct MatrixProduct {
  /// `batch + [m, k]`, with strides of 0 where an operand is the same for several products.
  var a: Planner.Location
  /// `batch + [k, n]`, likewise.
  var b: Planner.Location
  /// `batch + [m, n]`, dense.
  let c: Planner.Location
  let batch: Shape
  let m: Int
  let n: Int
  let k: Int
  /// What runs on the finished elements, over the iteration space `batch + [m, n]`.
  let epilogue: Program?

  /// How many matrices are multiplied.
  var products: Int { batch.elementCount }

  /// Its shapes, as plans print them.
  var sizes: String { "\(a.layout.shape.text) × \(b.layout.shape.text)" }

  /// The kernels' own form of the product, references and division left open.
  var arguments: mk_gemm_args {
    let rank = batch.count
    var arguments = mk_gemm_args()
    (arguments.m, arguments.n, arguments.k) = (Int64(m), Int64(n), Int64(k))
    arguments.a_row = Int64(a.layout.strides[rank])
    arguments.a_column = Int64(a.layout.strides[rank + 1])
    arguments.b_row = Int64(b.layout.strides[rank])
    arguments.b_column = Int64(b.layout.strides[rank + 1])
    arguments.c_row = Int64(n)
    arguments.c_batch = Int64(m * n)
    arguments.batch_rank = UInt32(rank)
    fill(&arguments.batch, batch)
    fill(&arguments.a_batch, Array(a.layout.strides.prefix(rank)))
    fill(&arguments.b_batch, Array(b.layout.strides.prefix(rank)))
    arguments.dtype = c.dtype.kernelType
    arguments.epilogue = epilogue.map { UnsafePointer($0.pointer) }
    return arguments
  }
}

/// Who multiplies matrices.
///
/// Chosen when the package is built; convolutions are always built in.
protocol MatrixBackend: Sendable {
  /// The name that plans and benchmarks print; nil for the kernels of this package.
  var name: String? { get }

  /// Emits the calls that compute the product of a step.
  func emit(_ product: MatrixProduct, _ step: PlanStep, _ planner: Planner)
}

/// The backend of this build: the trait `OpenBLAS`, else Accelerate where there is one, else the
/// kernels of this package.
#if OpenBLAS || canImport(Accelerate)
  let matrixBackend: any MatrixBackend = ExternalBLAS()
#else
  let matrixBackend: any MatrixBackend = BuiltInProducts()
#endif

extension Tensor {
  /// Who multiplies matrices in this build: `built-in`, `openblas` or `accelerate`.
  ///
  /// Only the built-in products promise the same bits for any number of threads and any batch.
  public static var matrixBackend: String { MartletTensors.matrixBackend.name ?? "built-in" }
}

/// The products of this package's kernels.
struct BuiltInProducts: MatrixBackend {
  var name: String? { nil }

  func emit(_ product: MatrixProduct, _ step: PlanStep, _ planner: Planner) {
    var arguments = product.arguments
    arguments.blocking = mk_gemm_blocking(
      Int64(product.m * product.products), arguments.n, arguments.k, arguments.dtype,
      UInt32(planner.threads))
    let parts = Int(arguments.blocking.row_parts * arguments.blocking.column_parts)
    planner.emit(
      planner.label(step, "matmul"), product.sizes, mk_gemm, arguments,
      [(\.a, product.a), (\.b, product.b), (\.c, product.c)], parts: parts,
      scratch: withUnsafePointer(to: arguments, mk_gemm_scratch), program: product.epilogue,
      handingOver: product.c,
      inScratch: (\.handed_bytes, withUnsafePointer(to: arguments, mk_gemm_handed_bytes)))
  }
}
