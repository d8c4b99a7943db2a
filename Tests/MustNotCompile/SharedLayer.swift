// No part of a target: `.ci/run` compiles it as it stands, which has to work, and with each of the
// forms that have to be refused.
import MartletLayers
import MartletTensors

/// A model that is handed over to a task, and not used again by anybody else.
func modelOfOneTask() async -> Tensor {
  let model = Sequential {
    Input(shape: [2])
    Dense(1)
  }
  let first = Task { model(Tensor.ones([1, 2])) }
  #if SHARED_MODEL
    let second = Task { model(Tensor.ones([1, 2])) }
    _ = await second.value
  #endif
  return await first.value
}

/// A layer that is used before it is handed over.
func layerOfOneTask() async -> Tensor {
  let layer = Dense(1)
  let before = layer(Tensor.ones([1, 2]))
  let task = Task { layer(Tensor.ones([1, 2])) }
  #if SHARED_LAYER
    layer.trainable = false
  #endif
  return await before + task.value
}

/// Values may be shared.
func shared<Value: Sendable>(_ type: Value.Type) {}

func whatMayBeShared() {
  shared(Tensor.self)
  #if CLAIMED
    shared(Sequential.self)
  #endif
}
