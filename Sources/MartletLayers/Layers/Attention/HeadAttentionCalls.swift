import MartletTensors

extension HeadAttention {
  /// The value of a query that attends to a value.
  ///
  /// - Parameters:
  ///   - query: (batch, T, …)
  ///   - value: (batch, S, …)
  ///   - key: What the query is compared with, (batch, S, …); the value if nil.
  ///   - attentionMask: Which steps of the value each step of the query may attend to: (batch, T, S).
  ///   - queryMask: Which steps of the query count: (batch, T).
  ///   - valueMask: Which steps of the value count: (batch, S).
  ///   - keyMask: Which steps of the key count: (batch, S).
  public final func callAsFunction(
    query: Tensor, value: Tensor, key: Tensor? = nil, attentionMask: Tensor? = nil,
    queryMask: Tensor? = nil, valueMask: Tensor? = nil, keyMask: Tensor? = nil,
    training: Bool = false, file: StaticString = #fileID, line: UInt = #line
  ) -> Tensor {
    let inputs = HeadAttention.inputs(query, value, key, attentionMask)
    let masks = [queryMask, valueMask, keyMask, nil]
    return outputs(of: inputs, training: training, masks: masks, file: file, line: line)[0]
  }

  /// The symbolic output of a query that attends to a value.
  ///
  /// - Parameters:
  ///   - query: (batch, T, …)
  ///   - value: (batch, S, …)
  ///   - key: What the query is compared with, (batch, S, …); the value if nil.
  ///   - attentionMask: Which steps of the value each step of the query may attend to: (batch, T, S).
  public final func callAsFunction(
    query: SymbolicTensor, value: SymbolicTensor, key: SymbolicTensor? = nil,
    attentionMask: SymbolicTensor? = nil
  ) -> SymbolicTensor {
    outputs(of: HeadAttention.inputs(query, value, key, attentionMask))[0]
  }

  /// The list that a call takes; with a mask it has a key, so that neither is taken for the other.
  private static func inputs<Value>(
    _ query: Value, _ value: Value, _ key: Value?, _ mask: Value?
  ) -> [Value] {
    if let mask { return [query, value, key ?? value, mask] }
    return key.map { [query, value, $0] } ?? [query, value]
  }
}
