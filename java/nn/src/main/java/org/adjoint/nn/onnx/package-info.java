/**
 * Networks in ONNX files: {@code OnnxExport} writes what a network computes for other runtimes,
 * {@code OnnxLayer} reads a network of another framework to be used and trained here.
 */
package org.adjoint.nn.onnx;
