extension BuiltInLayers {
  static let attention: [String: any ConfigurableLayer.Type] = [
    "Attention": Attention.self, "AdditiveAttention": AdditiveAttention.self,
    "MultiHeadAttention": MultiHeadAttention.self,
    "GroupQueryAttention": GroupQueryAttention.self,
    "GroupedQueryAttention": GroupQueryAttention.self,
  ]
}
