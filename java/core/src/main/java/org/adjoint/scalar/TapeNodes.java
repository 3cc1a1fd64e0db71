package org.adjoint.scalar;

import java.util.Arrays;
import java.util.Objects;

/**
 * The nodes of a {@link Tape}: parallel arrays that grow, the loop that differentiates them, and
 * the checks that a node is on the tape and the thread its owner. Which ops there are is {@code
 * Tape}'s; here are their codes and names alone.
 */
abstract sealed class TapeNodes permits Tape {
  /** The names of ops, in the order of their codes. */
  private static final String[] NAMES = {
    "leaf", "add", "sub", "mul", "div", "pow", "neg", "exp", "log", "sqrt", "sin", "cos", "tanh",
    "relu"
  };

  static final byte LEAF = 0;
  static final byte ADD = 1;
  static final byte SUB = 2;
  static final byte MUL = 3;
  static final byte DIV = 4;
  static final byte POW = 5;
  static final byte NEG = 6;
  static final byte EXP = 7;
  static final byte LOG = 8;
  static final byte SQRT = 9;
  static final byte SIN = 10;
  static final byte COS = 11;
  static final byte TANH = 12;
  static final byte RELU = 13;

  /** In place of an operand that is not there; its partial derivative is 0, so none reads it. */
  static final int NONE = -1;

  private static final int MAX_CAPACITY = Integer.MAX_VALUE - 8;
  final String name;
  Thread owner = Thread.currentThread();

  private byte[] op;
  int[] left;
  private int[] right;
  double[] data;
  private double[] byLeft;
  private double[] byRight;
  double[] adjoint;
  int size;

  /** Below here may lie adjoints that an earlier backward pass left in nodes that are no leaves. */
  int swept;

  TapeNodes(String name, int capacity) {
    this.name = Objects.requireNonNull(name, "name");
    if (capacity < 1) {
      throw new IllegalArgumentException(
          "Tape \"" + name + "\": capacity " + capacity + " is less than 1");
    }
    op = new byte[capacity];
    left = new int[capacity];
    right = new int[capacity];
    data = new double[capacity];
    byLeft = new double[capacity];
    byRight = new double[capacity];
    adjoint = new double[capacity];
  }

  /** Returns a new node. */
  final int record(byte code, int x, int y, double value, double dx, double dy) {
    checkOwner();
    int node = size;
    if (node == data.length) {
      grow();
    }
    op[node] = code;
    left[node] = x;
    right[node] = y;
    data[node] = value;
    byLeft[node] = dx;
    byRight[node] = dy;
    adjoint[node] = 0;
    size = node + 1;
    return node;
  }

  private void grow() {
    if (size == MAX_CAPACITY) {
      throw new IllegalStateException(
          "Tape \"" + name + "\" holds " + size + " nodes, as many as an array can; rewind it");
    }
    int capacity = size > MAX_CAPACITY / 2 ? MAX_CAPACITY : 2 * size;
    // All or none: running out of memory half way leaves the tape as it was.
    byte[] newOp = Arrays.copyOf(op, capacity);
    int[] newLeft = Arrays.copyOf(left, capacity);
    int[] newRight = Arrays.copyOf(right, capacity);
    double[] newData = Arrays.copyOf(data, capacity);
    double[] newByLeft = Arrays.copyOf(byLeft, capacity);
    double[] newByRight = Arrays.copyOf(byRight, capacity);
    adjoint = Arrays.copyOf(adjoint, capacity);
    op = newOp;
    left = newLeft;
    right = newRight;
    byLeft = newByLeft;
    byRight = newByRight;
    data = newData;
  }

  /** Adds the derivatives of {@code root} by every node to the adjoints, from the root down. */
  final void sweep(int root) {
    clearInner();
    double[] adjoint = this.adjoint;
    double[] byLeft = this.byLeft;
    double[] byRight = this.byRight;
    int[] left = this.left;
    int[] right = this.right;
    adjoint[root] += 1;
    for (int i = root; i >= 0; i--) {
      double g = adjoint[i];
      if (g != 0) {
        double dx = byLeft[i];
        if (dx != 0) {
          adjoint[left[i]] += g * dx;
        }
        double dy = byRight[i];
        if (dy != 0) {
          adjoint[right[i]] += g * dy;
        }
      }
    }
    swept = root + 1;
  }

  private void clearInner() {
    for (int i = 0; i < swept; i++) {
      if (left[i] != NONE) {
        adjoint[i] = 0;
      }
    }
  }

  /** Sets every adjoint to 0. */
  final void clearAll() {
    Arrays.fill(adjoint, 0, size, 0);
    swept = 0;
  }

  /** Returns the name of a node's op. */
  final String opName(int node) {
    return NAMES[op[node]];
  }

  /** Returns a node's op, number, tape, value and gradient in words. */
  final String describe(int node) {
    return opName(node)
        + " (node "
        + node
        + " of tape \""
        + name
        + "\", data "
        + data[node]
        + ", grad "
        + adjoint[node]
        + ')';
  }

  /** Returns a node's operands, none for a leaf. */
  final int[] operands(int node) {
    return Arrays.stream(new int[] {left[node], right[node]}).filter(i -> i != NONE).toArray();
  }

  /** Returns a node after checking that it is on the tape. */
  final int at(String user, int node) {
    if (node < 0 || node >= size) {
      throw notHere(user, node);
    }
    return node;
  }

  /** Checks that this thread owns the tape. */
  final void checkOwner() {
    if (Thread.currentThread() != owner) {
      throw notOwner();
    }
  }

  // Errors are made in methods of their own, so that the checks are small enough to be inlined.

  private IllegalArgumentException notHere(String user, int node) {
    return new IllegalArgumentException(
        user + ": node " + node + " is not among the " + size + " of tape \"" + name + '"');
  }

  private IllegalStateException notOwner() {
    return new IllegalStateException(
        "Tape \""
            + name
            + "\" belongs to thread "
            + owner.getName()
            + " and was used by "
            + Thread.currentThread().getName()
            + "; give each thread a tape of its own, or call handOver");
  }
}
