#if OpenBLAS || canImport(Accelerate)
  import CKernels

  #if OpenBLAS
    import COpenBLAS
  #else
    import Accelerate
  #endif

  /// Products by a BLAS library of the system, one thread of its own at most: the rows (or columns)
  /// are shared over the plan's threads like those of any other kernel.
  struct ExternalBLAS: MatrixBackend {
    #if OpenBLAS
      var name: String? { "openblas" }
    #else
      var name: String? { "accelerate" }
    #endif

    init() {
      #if OpenBLAS
        // Its own threads would spin against those of the replay.
        openblas_set_num_threads(1)
      #endif
    }

    func emit(_ product: MatrixProduct, _ step: PlanStep, _ planner: Planner) {
      let (m, n, k) = (product.m, product.n, product.k)
      guard m > 0, n > 0, k > 0, product.products > 0, max(m, n, k) <= Int32.max else {
        return BuiltInProducts().emit(product, step, planner)
      }
      var product = product
      product.a = Self.accepted(product.a, planner)
      product.b = Self.accepted(product.b, planner)
      var arguments = product.arguments
      // Less work than this is not worth another thread.
      let operations =
        2 * Double(product.m) * Double(product.n) * Double(product.k) * Double(product.products)
      let wanted = operations < 400_000 ? 1 : planner.threads
      let rows = m * product.products
      // Rows first: what is finished is then dense, and the epilogue runs over it in one go.
      if rows >= 8 * wanted || rows >= n {
        arguments.blocking.row_parts = UInt32(min(wanted, rows))
        arguments.blocking.column_parts = 1
      } else {
        arguments.blocking.row_parts = 1
        arguments.blocking.column_parts = UInt32(min(wanted, n))
      }
      planner.emit(
        planner.label(step, "matmul[\(name ?? "")]"), product.sizes, Self.run, arguments,
        [(\.a, product.a), (\.b, product.b), (\.c, product.c)],
        parts: Int(arguments.blocking.row_parts * arguments.blocking.column_parts),
        scratch: product.epilogue.map { mk_program_scratch($0.pointer) } ?? 0,
        program: product.epilogue, handingOver: product.c)
    }

    /// The operand, or a copy of it that BLAS can read.
    private static func accepted(
      _ place: Planner.Location, _ planner: Planner
    ) -> Planner.Location {
      let rank = place.layout.shape.count
      let (rows, columns) = (place.layout.shape[rank - 2], place.layout.shape[rank - 1])
      let (row, column) = (place.layout.strides[rank - 2], place.layout.strides[rank - 1])
      if Stored(rows: rows, columns: columns, row: row, column: column) != nil { return place }
      // Axes along which the matrices are the same are not copied out.
      var compact = place.layout
      for axis in 0..<(rank - 2) where compact.strides[axis] == 0 { compact.shape[axis] = 1 }
      var copied = planner.copy(
        Planner.Location(buffer: place.buffer, dtype: place.dtype, layout: compact))
      copied.layout = copied.layout.broadcast(to: place.layout.shape)
      return copied
    }

    /// How a matrix of two strides is named to BLAS.
    private struct Stored {
      let isTransposed: Bool
      let leading: Int

      /// Nil if BLAS cannot read it: neither stride is 1, or rows overlap or run backwards.
      init?(rows: Int, columns: Int, row: Int, column: Int) {
        if column == 1 || columns == 1, rows == 1 || row >= columns {
          isTransposed = false
          leading = rows == 1 ? columns : row
        } else if row == 1 || rows == 1, columns == 1 || column >= rows {
          isTransposed = true
          leading = columns == 1 ? rows : column
        } else {
          return nil
        }
        if leading > Int32.max { return nil }
      }
    }

    /// The kernel: the share of one part of a product whose arguments are an `mk_gemm_args`.
    private static let run: @convention(c) (UnsafeRawPointer?, UnsafePointer<mk_context>?) -> Void =
      { arguments, context in
        guard let arguments, let context else { internalError("a product without its arguments") }
        multiply(arguments.assumingMemoryBound(to: mk_gemm_args.self), context)
      }

    private static func multiply(
      _ product: UnsafePointer<mk_gemm_args>, _ context: UnsafePointer<mk_context>
    ) {
      let (m, n, k) = (Int(product.pointee.m), Int(product.pointee.n), Int(product.pointee.k))
      let columnParts = product.pointee.blocking.column_parts
      let rows = share(
        m * batchCount(product), context.pointee.part / columnParts,
        product.pointee.blocking.row_parts)
      let columns = share(n, context.pointee.part % columnParts, columnParts)
      guard !rows.isEmpty, !columns.isEmpty,
        let a = Stored(
          rows: m, columns: k, row: Int(product.pointee.a_row),
          column: Int(product.pointee.a_column)),
        let b = Stored(
          rows: k, columns: n, row: Int(product.pointee.b_row),
          column: Int(product.pointee.b_column))
      else { return }
      for matrix in (rows.lowerBound / m)...((rows.upperBound - 1) / m) {
        let own = rows.clamped(to: (matrix * m)..<((matrix + 1) * m))
        let first = own.lowerBound - matrix * m
        let offsets = batchOffsets(product, matrix)
        let aOffset = offsets.a + first * (a.isTransposed ? 1 : a.leading)
        let bOffset = offsets.b + columns.lowerBound * (b.isTransposed ? b.leading : 1)
        let cOffset = own.lowerBound * n + columns.lowerBound
        func call<Scalar>(
          _ type: Scalar.Type,
          _ gemm: (
            CBLAS_ORDER, CBLAS_TRANSPOSE, CBLAS_TRANSPOSE, Int32, Int32, Int32, Scalar,
            UnsafePointer<Scalar>, Int32, UnsafePointer<Scalar>, Int32, Scalar,
            UnsafeMutablePointer<Scalar>, Int32
          ) -> Void, one: Scalar, zero: Scalar
        ) {
          func place(_ reference: mk_ref) -> UnsafeMutablePointer<Scalar> {
            mk_at(context, reference).assumingMemoryBound(to: type)
          }
          gemm(
            CblasRowMajor, a.isTransposed ? CblasTrans : CblasNoTrans,
            b.isTransposed ? CblasTrans : CblasNoTrans, Int32(own.count), Int32(columns.count),
            Int32(k), one, place(product.pointee.a) + aOffset, Int32(a.leading),
            place(product.pointee.b) + bOffset, Int32(b.leading), zero,
            place(product.pointee.c) + cOffset, Int32(n))
        }
        if product.pointee.dtype == DType.float32.kernelType {
          call(Float.self, cblas_sgemm, one: 1, zero: 0)
        } else {
          call(Double.self, cblas_dgemm, one: 1, zero: 0)
        }
      }
      guard let epilogue = product.pointee.epilogue else { return }
      if columns.count == n {
        mk_program_run(
          epilogue, context.pointee.bases, rows.lowerBound * n, rows.count * n,
          context.pointee.scratch)
      } else {
        for row in rows {
          mk_program_run(
            epilogue, context.pointee.bases, row * n + columns.lowerBound, columns.count,
            context.pointee.scratch)
        }
      }
    }

    private static func share(_ count: Int, _ part: UInt32, _ parts: UInt32) -> Range<Int> {
      var (begin, end) = (0, 0)
      mk_share(count, part, parts, &begin, &end)
      return begin..<end
    }

    private static func batchCount(_ product: UnsafePointer<mk_gemm_args>) -> Int {
      withUnsafeBytes(of: product.pointee.batch) { sizes in
        sizes.bindMemory(to: Int64.self).prefix(Int(product.pointee.batch_rank))
          .reduce(1) { $0 * Int($1) }
      }
    }

    /// Where matrix number `matrix` of each operand begins, in elements.
    private static func batchOffsets(
      _ product: UnsafePointer<mk_gemm_args>, _ matrix: Int
    ) -> (a: Int, b: Int) {
      var (a, b, rest) = (0, 0, matrix)
      withUnsafeBytes(of: (product.pointee.batch, product.pointee.a_batch, product.pointee.b_batch))
      { bytes in
        let words = bytes.bindMemory(to: Int64.self)
        for axis in (0..<Int(product.pointee.batch_rank)).reversed() {
          let place = rest % Int(words[axis])
          rest /= Int(words[axis])
          a += place * Int(words[Int(MK_RANK) + axis])
          b += place * Int(words[2 * Int(MK_RANK) + axis])
        }
      }
      return (a, b)
    }
  }
#endif
