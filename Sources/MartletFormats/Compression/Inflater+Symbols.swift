extension Inflater {
  /// Why the decoding of symbols stopped.
  enum Outcome {
    case endOfBlock, outputIsFull, truncated, noCodeWord
    case tooFar(Int)
  }

  /// Decodes symbols until the block ends or something stands in the way.
  ///
  /// The fast loop runs while neither end is near; its stores may run past a match, never past
  /// the buffer. What is left goes symbol by symbol.
  mutating func decodeSymbols(
    _ literals: HuffmanTable, _ distances: HuffmanTable, into output: inout GrowingBytes
  ) -> Outcome {
    output.withRoom { buffer, count in
      if let outcome = decodeFast(literals, distances, into: buffer, count: &count) {
        return outcome
      }
      while true {
        if let outcome = decodeOne(literals, distances, into: buffer, count: &count) {
          return outcome
        }
      }
    }
  }

  /// The input that one turn of the fast loop may read: three refills of eight bytes, each of
  /// which moves on by seven at most.
  private static var inputMargin: Int { 24 }
  /// The output that one turn may touch: two literals, a match of 258, and 32 bytes past its end.
  private static var outputMargin: Int { 2 + 258 + 32 }

  private mutating func decodeFast(
    _ literals: HuffmanTable, _ distances: HuffmanTable, into buffer: UnsafeMutableRawBufferPointer,
    count: inout Int
  ) -> Outcome? {
    guard input.count - position >= Self.inputMargin, buffer.count - count >= Self.outputMargin,
      let source = input.baseAddress, let output = buffer.baseAddress
    else { return nil }
    let lastInput = source + (input.count - Self.inputMargin)
    let lastOutput = output + (buffer.count - Self.outputMargin)
    let firstOutput = output + outputStart
    let literalEntries = UnsafePointer(literals.entries)
    let literalMask: UInt64 = 1 << UInt64(literals.bits) - 1
    let distanceEntries = UnsafePointer(distances.entries)
    let distanceMask: UInt64 = 1 << UInt64(distances.bits) - 1

    var next = source + position
    var bits = bitBuffer
    var have = UInt64(bitCount)
    var out = output + count
    defer {
      position = next - source
      bitCount = Int(have)
      // What a refill left above the count will be read again.
      bitBuffer = bits & (1 << have - 1)
      count = out - output
    }

    // After a refill at least 56 bits are there: two literals of the first level (22), and a
    // length with its extra bits (20) or a third literal, before the next one.
    @inline(__always) func refill() {
      bits |= UInt64(littleEndian: next.loadUnaligned(as: UInt64.self)) &<< have
      next += Int((63 &- have) &>> 3)
      have |= 56
    }
    @inline(__always) func remove(_ entry: HuffmanTable.Entry) {
      bits &>>= UInt64(entry)
      have &-= UInt64(entry & 63)
    }
    @inline(__always) func lookUpLiteral() -> HuffmanTable.Entry {
      literalEntries[Int(truncatingIfNeeded: bits & literalMask)]
    }
    @inline(__always) func secondLevel(
      _ entries: UnsafePointer<HuffmanTable.Entry>, _ pointer: HuffmanTable.Entry
    ) -> HuffmanTable.Entry {
      remove(pointer)
      let mask: UInt64 = 1 &<< UInt64(pointer >> 8 & 15) &- 1
      return entries[
        Int(truncatingIfNeeded: pointer >> 16) + Int(truncatingIfNeeded: bits & mask)]
    }
    @inline(__always) func isLiteral(_ entry: HuffmanTable.Entry) -> Bool {
      Int32(bitPattern: entry) < 0
    }
    @inline(__always) func put(_ entry: HuffmanTable.Entry) {
      out.storeBytes(of: UInt8(truncatingIfNeeded: entry >> 16), as: UInt8.self)
      out += 1
    }
    /// The base and the extra bits of a length or a distance.
    @inline(__always) func value(_ entry: HuffmanTable.Entry, _ saved: UInt64) -> Int {
      let extra = (saved & (1 &<< UInt64(entry) &- 1)) &>> UInt64(entry >> 8 & 15)
      return Int(truncatingIfNeeded: entry >> 16) &+ Int(truncatingIfNeeded: extra)
    }

    refill()
    var entry = lookUpLiteral()
    while next <= lastInput, out <= lastOutput {
      refill()
      if isLiteral(entry) {
        remove(entry)
        put(entry)
        entry = lookUpLiteral()
        if isLiteral(entry) {
          remove(entry)
          put(entry)
          entry = lookUpLiteral()
          if isLiteral(entry) {
            remove(entry)
            put(entry)
            entry = lookUpLiteral()
            continue
          }
        }
      }
      if entry & HuffmanTable.exceptional != 0 {
        if entry & HuffmanTable.pointer != 0 {
          entry = secondLevel(literalEntries, entry)
          if isLiteral(entry) {
            remove(entry)
            put(entry)
            entry = lookUpLiteral()
            continue
          }
        }
        if entry & HuffmanTable.endOfBlock != 0 {
          remove(entry)
          return .endOfBlock
        }
        if entry & HuffmanTable.noCodeWord != 0 { return .noCodeWord }
      }
      let savedForLength = bits
      remove(entry)
      let length = value(entry, savedForLength)

      refill()
      entry = distanceEntries[Int(truncatingIfNeeded: bits & distanceMask)]
      if entry & HuffmanTable.exceptional != 0 {
        if entry & HuffmanTable.pointer != 0 { entry = secondLevel(distanceEntries, entry) }
        if entry & HuffmanTable.noCodeWord != 0 { return .noCodeWord }
      }
      let savedForDistance = bits
      remove(entry)
      let distance = value(entry, savedForDistance)
      guard distance <= out - firstOutput else { return .tooFar(distance) }
      // Looked up before the copy, so that the two overlap.
      entry = lookUpLiteral()
      Self.copyMatch(to: out, distance: distance, length: length)
      out += length
    }
    return nil
  }

  /// Copies `length` bytes from `distance` before `out`; may write up to 32 bytes more.
  @inline(__always)
  private static func copyMatch(to out: UnsafeMutableRawPointer, distance: Int, length: Int) {
    let end = out + length
    var to = out
    var from = UnsafeRawPointer(out - distance)
    if distance >= 16 {
      repeat {
        to.storeBytes(of: from.loadUnaligned(as: SIMD16<UInt8>.self), as: SIMD16<UInt8>.self)
        to += 16
        from += 16
      } while to < end
    } else if distance == 1 {
      let run = SIMD16<UInt8>(repeating: from.load(as: UInt8.self))
      repeat {
        to.storeBytes(of: run, as: SIMD16<UInt8>.self)
        to += 16
      } while to < end
    } else if distance >= 8 {
      repeat {
        to.storeBytes(of: from.loadUnaligned(as: UInt64.self), as: UInt64.self)
        to += 8
        from += 8
      } while to < end
    } else {
      // Of every eight bytes stored, the first `distance` are right, and the next store starts
      // behind them.
      repeat {
        to.storeBytes(of: from.loadUnaligned(as: UInt64.self), as: UInt64.self)
        to += distance
        from += distance
      } while to < end
    }
  }

  /// Decodes one symbol near an end of the input or of the output, or nothing at all.
  private mutating func decodeOne(
    _ literals: HuffmanTable, _ distances: HuffmanTable, into buffer: UnsafeMutableRawBufferPointer,
    count: inout Int
  ) -> Outcome? {
    refillByByte()
    var bits = bitBuffer
    var have = bitCount

    /// Removes the next code word and its extra bits; nil where the input ends inside them.
    func next(in table: HuffmanTable) -> (entry: HuffmanTable.Entry, value: Int)? {
      var entry = table.entries[Int(bits & (1 << UInt64(table.bits) - 1))]
      if entry & HuffmanTable.pointer != 0 {
        guard have >= table.bits else { return nil }
        bits >>= UInt64(table.bits)
        have -= table.bits
        entry = table.entries[Int(entry >> 16) + Int(bits & (1 << UInt64(entry >> 8 & 15) - 1))]
      }
      let size = Int(entry & 63)
      guard have >= size else { return nil }
      let extra = Int(bits & (1 << UInt64(size) - 1)) >> Int(entry >> 8 & 15)
      bits >>= UInt64(size)
      have -= size
      return (entry, Int(entry >> 16 & 0x7fff) + extra)
    }

    guard let (entry, value) = next(in: literals) else { return .truncated }
    if entry & HuffmanTable.noCodeWord != 0 { return .noCodeWord }
    if entry & HuffmanTable.endOfBlock != 0 {
      (bitBuffer, bitCount) = (bits, have)
      return .endOfBlock
    }
    if entry & HuffmanTable.literal != 0 {
      guard count < buffer.count else { return .outputIsFull }
      buffer[count] = UInt8(value)
      count += 1
    } else {
      guard let (word, distance) = next(in: distances) else { return .truncated }
      if word & HuffmanTable.noCodeWord != 0 { return .noCodeWord }
      guard distance <= count - outputStart else { return .tooFar(distance) }
      guard value <= buffer.count - count else { return .outputIsFull }
      for index in count..<(count + value) { buffer[index] = buffer[index - distance] }
      count += value
    }
    (bitBuffer, bitCount) = (bits, have)
    return nil
  }
}
