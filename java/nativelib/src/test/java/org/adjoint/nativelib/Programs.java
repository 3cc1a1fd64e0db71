package org.adjoint.nativelib;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import org.adjoint.DType;
import org.adjoint.internal.backend.Backend;
import org.adjoint.internal.backend.Storage;
import org.adjoint.internal.ir.Instruction;
import org.adjoint.internal.ir.Kernel;
import org.adjoint.internal.ir.Operand;
import org.adjoint.internal.ir.Program;
import org.adjoint.internal.ir.ScalarFunction;

/** Programs written by hand, and values in and out of storages: what these tests share. */
final class Programs {
  private static final int A = Program.ARGUMENTS;
  private static final int B = A + 1;
  private static final int C = A + 2;

  private Programs() {}

  /** Returns c = a + b over n floats. */
  static Program plus(long n) {
    return elementwise("plus", n, 0);
  }

  /** Returns c = kernel(a, b) over n floats, with a workspace that it does not use. */
  static Program elementwise(String kernel, long n, long workspaceBytes) {
    Instruction call = call(kernel, List.of(array(A, n), array(B, n)), array(C, n));
    return program(workspaceBytes, List.of(), new long[] {4 * n, 4 * n, 4 * n}, call);
  }

  /** Returns c = (a + b) · s through the workspace, with s a scalar of the run. */
  static Program plusThenTimes(long n) {
    Operand sum = array(Program.WORKSPACE, n);
    Operand scalar = new Operand(Program.SCALARS, 0, DType.F32, new long[] {n}, new long[] {0});
    return program(
        4 * n,
        List.of(DType.F32),
        new long[] {4 * n, 4 * n, 4 * n},
        call("plus", List.of(array(A, n), array(B, n)), sum),
        call("times", List.of(sum, scalar), array(C, n)));
  }

  /** Returns c = a · b for matrices [m, k] and [k, n]. */
  static Program matmul(long m, long k, long n) {
    Instruction call =
        new Instruction(
            kernel("matmul"),
            new long[] {0, 0},
            List.of(matrix(A, m, k), matrix(B, k, n)),
            List.of(matrix(C, m, n)));
    return program(0, List.of(), new long[] {4 * m * k, 4 * k * n, 4 * m * n}, call);
  }

  /** Returns b = the order of the n floats of a. */
  static Program argsort(long n) {
    Operand order = new Operand(B, 0, DType.I64, new long[] {1, n}, new long[] {n, 1});
    Instruction call =
        new Instruction(
            kernel("argsort"), new long[] {0}, List.of(matrix(A, 1, n)), List.of(order));
    return new Program(List.of(call), 0, List.of(), new long[] {4 * n, 8 * n}, new int[] {1});
  }

  /** Returns loss = softmaxCrossEntropy(logits [1, n], labels [1]). */
  static Program crossEntropy(long n) {
    Operand labels = new Operand(B, 0, DType.I32, new long[] {1}, new long[] {1});
    Instruction call = call("softmaxCrossEntropy", List.of(matrix(A, 1, n), labels), array(C, 1));
    return program(0, List.of(), new long[] {4 * n, 4, 4}, call);
  }

  /** Returns c = a + b, whose output lies one element past its memory. */
  static Program outOfBounds() {
    Operand beyond = new Operand(C, 4, DType.F32, new long[] {3}, new long[] {1});
    Instruction call = call("plus", List.of(array(A, 3), array(B, 3)), beyond);
    return program(0, List.of(), new long[] {12, 12, 12}, call);
  }

  /** Returns a storage with these floats. */
  static Storage floats(Backend backend, float... values) {
    Storage storage = backend.allocate(4L * values.length);
    view(storage).put(values);
    return storage;
  }

  /** Returns the floats of a storage. */
  static float[] floats(Storage storage) {
    float[] values = new float[(int) (storage.bytes() / 4)];
    view(storage).get(values);
    return values;
  }

  /** Returns a direct buffer of native order with these floats. */
  static ByteBuffer direct(float... values) {
    ByteBuffer buffer = ByteBuffer.allocateDirect(4 * values.length).order(ByteOrder.nativeOrder());
    buffer.asFloatBuffer().put(values);
    return buffer;
  }

  private static FloatBuffer view(Storage storage) {
    return storage.view(0, (int) storage.bytes()).asFloatBuffer();
  }

  private static Operand array(int binding, long n) {
    return new Operand(binding, 0, DType.F32, new long[] {n}, new long[] {1});
  }

  private static Operand matrix(int binding, long m, long n) {
    return new Operand(binding, 0, DType.F32, new long[] {m, n}, new long[] {n, 1});
  }

  private static Instruction call(String kernel, List<Operand> inputs, Operand output) {
    return new Instruction(kernel(kernel), new long[0], inputs, List.of(output));
  }

  private static Kernel kernel(String name) {
    return new Kernel(name, ScalarFunction.NONE);
  }

  private static Program program(
      long workspaceBytes, List<DType> scalars, long[] argumentBytes, Instruction... calls) {
    return new Program(List.of(calls), workspaceBytes, scalars, argumentBytes, new int[] {2});
  }
}
