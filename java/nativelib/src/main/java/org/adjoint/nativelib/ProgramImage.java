package org.adjoint.nativelib;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.adjoint.internal.ir.Instruction;
import org.adjoint.internal.ir.Operand;
import org.adjoint.internal.ir.Program;

/**
 * Writes a program as the words that include/adjoint.h describes. It checks nothing: the native
 * side checks everything.
 */
final class ProgramImage {
  private static final int NAME_BYTES = 64;

  private long[] words = new long[256];
  private int size;

  private ProgramImage() {}

  /** Returns the image in a direct buffer, from position 0 to its limit. */
  static ByteBuffer of(Program program) {
    ProgramImage image = new ProgramImage();
    image.write(program);
    ByteBuffer buffer =
        ByteBuffer.allocateDirect(Math.multiplyExact(image.size, Long.BYTES))
            .order(ByteOrder.nativeOrder());
    buffer.asLongBuffer().put(image.words, 0, image.size);
    return buffer;
  }

  /** Writes an image; offsets inside count from its first word, so one may stand inside another. */
  private void write(Program program) {
    int start = size;
    Map<String, Integer> kernels = new LinkedHashMap<>();
    for (Instruction instruction : program.instructions()) {
      kernels.putIfAbsent(instruction.kernel().name(), kernels.size());
    }
    add(Abi.IMAGE_MAGIC);
    add(Abi.IMAGE_VERSION);
    int total = size;
    add(0);
    add(Program.ARGUMENTS + program.argumentBytes().length);
    add(kernels.size());
    add(program.instructions().size());
    add(0);
    add(0);
    add(program.workspaceBytes());
    add(program.scalars().size() * (long) Long.BYTES);
    for (long bytes : program.argumentBytes()) {
      add(bytes);
    }
    for (String name : kernels.keySet()) {
      addName(name);
    }
    for (Instruction instruction : program.instructions()) {
      addInstruction(instruction, kernels.get(instruction.kernel().name()));
    }
    words[total] = size - start;
  }

  private void addName(String name) {
    byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
    if (utf8.length >= NAME_BYTES) {
      throw new IllegalArgumentException(
          "kernel name longer than " + (NAME_BYTES - 1) + " bytes: " + name);
    }
    ByteBuffer padded =
        ByteBuffer.wrap(Arrays.copyOf(utf8, NAME_BYTES)).order(ByteOrder.LITTLE_ENDIAN);
    while (padded.hasRemaining()) {
      add(padded.getLong());
    }
  }

  private void addInstruction(Instruction instruction, int kernel) {
    int start = size;
    add(kernel);
    add(0);
    int ints = size;
    add(0);
    add(instruction.inputs().size());
    add(instruction.outputs().size());
    for (long i : instruction.ints()) {
      add(i);
    }
    int first = size - instruction.ints().length;
    instruction.body().ifPresent(this::write);
    words[ints] = size - first;
    addOperands(instruction.inputs());
    addOperands(instruction.outputs());
    words[start + 1] = size - start;
  }

  private void addOperands(List<Operand> operands) {
    for (Operand operand : operands) {
      add(operand.binding());
      add(operand.offset());
      add(operand.dtype().code());
      add(operand.dims().length);
      for (long dim : operand.dims()) {
        add(dim);
      }
      for (long stride : operand.strides()) {
        add(stride);
      }
    }
  }

  private void add(long word) {
    if (size == words.length) {
      words = Arrays.copyOf(words, 2 * size);
    }
    words[size++] = word;
  }
}
