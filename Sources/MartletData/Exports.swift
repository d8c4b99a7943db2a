@_exported import MartletTensors
