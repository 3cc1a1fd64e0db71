package org.adjoint.scalar;

import java.lang.ref.WeakReference;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A record of scalar arithmetic that is differentiated by one backward loop. A node is a position
 * in parallel arrays: its op, two operands, its value, the two partial derivatives (known as soon
 * as the value is), and its adjoint. Nothing recurses, and nothing is allocated once the arrays are
 * large enough: {@link #mark} where an expression begins, {@link #rewind} when it is done with, and
 * the next one is recorded in its place.
 *
 * <pre>
 * Tape tape = Tape.of("prices");
 * int x = tape.leaf(3), y = tape.leaf(4);
 * int mark = tape.mark();
 * for (double strike : strikes) {
 *   tape.backward(tape.subConstant(tape.mul(x, y), strike));
 *   tape.rewind(mark);                                 // x and y stay, and so do their gradients
 * }
 * double dx = tape.grad(x);                            // summed over all strikes
 * </pre>
 *
 * <p>Each op exists twice: here on {@code int} nodes, and in {@link Value} on objects. An {@code
 * int} is checked only to be on the tape; a {@code Value} also notices that its node was rewound.
 *
 * <p><b>Conventions.</b> A term of the chain rule is 0 where either factor is 0, so the infinite
 * slope of √x at 0 never turns into NaN where nothing flows. relu′(0) = 0. Powers at zero go by
 * limits: the derivative of a⁰ by a is 0, that of 0ᵇ by b is 0 for b ≥ 0. sqrt′(0) = log′(0) = +∞.
 *
 * <p>A tape belongs to the thread that made it, until {@link #handOver}; any other thread that uses
 * it gets an {@link IllegalStateException}. To add an op, add its method here, its code and name to
 * {@code TapeNodes}, and its one line to {@code Value}.
 */
public final class Tape extends TapeNodes {
  /** A thread refers to its tape weakly, so as not to keep the class loader of these classes. */
  private static final ThreadLocal<WeakReference<Tape>> CURRENT = new ThreadLocal<>();

  /** The tapes of threads that are alive, or have been when the last of these came. */
  private static final Map<Thread, Tape> TAPES = new ConcurrentHashMap<>();

  private final Rewinds rewinds = new Rewinds();
  private int epoch;
  private int lowestRewind = Integer.MAX_VALUE;

  private Tape(String name, int capacity) {
    super(name, capacity);
  }

  /** Returns an empty tape of this thread; errors call it by {@code name}. */
  public static Tape of(String name) {
    return new Tape(name, 1024);
  }

  /**
   * Returns an empty tape of this thread with room for {@code capacity} nodes, 41 bytes each. It
   * grows by doubling.
   *
   * @throws IllegalArgumentException if {@code capacity} is less than 1
   */
  public static Tape of(String name, int capacity) {
    return new Tape(name, capacity);
  }

  /**
   * Returns the tape that {@link Value#of} records on: one a thread, kept while the thread lives.
   */
  public static Tape current() {
    WeakReference<Tape> known = CURRENT.get();
    Tape tape = known == null ? null : known.get();
    if (tape == null) {
      tape = of(Thread.currentThread().getName());
      TAPES.keySet().removeIf(thread -> !thread.isAlive());
      TAPES.put(Thread.currentThread(), tape);
      CURRENT.set(new WeakReference<>(tape));
    }
    return tape;
  }

  /** Returns the name that errors call this tape by. */
  public String name() {
    return name;
  }

  /** Returns how many nodes are recorded. */
  public int size() {
    return size;
  }

  /** Returns how many nodes fit before the arrays grow; it never shrinks. */
  public int capacity() {
    return data.length;
  }

  /**
   * Gives this tape to another thread, which alone may use it from now on.
   *
   * @throws IllegalStateException if this thread does not own the tape
   */
  public void handOver(Thread to) {
    checkOwner();
    owner = Objects.requireNonNull(to, "to");
  }

  /** Returns the place that {@link #rewind} comes back to: the number of nodes so far. */
  public int mark() {
    return size;
  }

  /**
   * Drops every node recorded since {@code mark}, and keeps the memory and the nodes below with
   * their gradients. A {@link Value} of a dropped node is refused from now on.
   *
   * @throws IllegalArgumentException if {@code mark} is negative or above the tape's size
   */
  public void rewind(int mark) {
    checkOwner();
    if (mark < 0 || mark > size) {
      throw new IllegalArgumentException(
          "rewind: mark " + mark + " is not within the " + size + " nodes of tape \"" + name + '"');
    }
    if (mark == size) {
      return;
    }
    epoch++;
    rewinds.add(mark, epoch);
    lowestRewind = rewinds.lowest();
    size = mark;
    swept = Math.min(swept, mark);
  }

  /** Sets every gradient to 0. */
  public void zeroGrad() {
    checkOwner();
    clearAll();
  }

  /** Returns a new leaf as an object: an input or a parameter. */
  public Value value(double data) {
    return handle(leaf(data));
  }

  /** Returns a node as an object. */
  public Value view(int node) {
    return handle(at("view", node));
  }

  /** Returns a new leaf: an input or a parameter. */
  public int leaf(double data) {
    return record(LEAF, NONE, NONE, data, 0, 0);
  }

  /** Returns the value of a node. */
  public double data(int node) {
    checkOwner();
    return data[at("data", node)];
  }

  /**
   * Changes the value of a leaf. Nodes that are already recorded keep what they have read: rewind
   * and record them anew.
   *
   * @throws IllegalArgumentException if the node is not a leaf
   */
  public void set(int leaf, double value) {
    checkOwner();
    if (left[at("set", leaf)] != NONE) {
      throw new IllegalArgumentException("set: only a leaf can change, not " + describe(leaf));
    }
    data[leaf] = value;
  }

  /**
   * Returns the gradient of a node: for a leaf the sum over all backward passes since {@link
   * #zeroGrad}, for any other node that of the last pass.
   */
  public double grad(int node) {
    checkOwner();
    return adjoint[at("grad", node)];
  }

  /** Sets the gradient of one node to 0. */
  public void zeroGrad(int node) {
    checkOwner();
    adjoint[at("zeroGrad", node)] = 0;
  }

  /**
   * Adds the derivatives of {@code root} by every node to the gradients of the leaves, in one loop
   * from {@code root} down; see {@link #grad}. The gradient of {@code root} is 1.
   */
  public void backward(int root) {
    checkOwner();
    at("backward", root);
    sweep(root);
  }

  /** Returns the node x + y. */
  public int add(int x, int y) {
    return record(ADD, x, y, data[at("add", x)] + data[at("add", y)], 1, 1);
  }

  /** Returns the node x + c. */
  public int addConstant(int x, double c) {
    return record(ADD, x, NONE, data[at("add", x)] + c, 1, 0);
  }

  /** Returns the node x − y. */
  public int sub(int x, int y) {
    return record(SUB, x, y, data[at("sub", x)] - data[at("sub", y)], 1, -1);
  }

  /** Returns the node x − c. */
  public int subConstant(int x, double c) {
    return record(SUB, x, NONE, data[at("sub", x)] - c, 1, 0);
  }

  /** Returns the node x · y. */
  public int mul(int x, int y) {
    double a = data[at("mul", x)];
    double b = data[at("mul", y)];
    return record(MUL, x, y, a * b, b, a);
  }

  /** Returns the node x · c. */
  public int mulConstant(int x, double c) {
    return record(MUL, x, NONE, data[at("mul", x)] * c, c, 0);
  }

  /** Returns the node x / y. */
  public int div(int x, int y) {
    double b = data[at("div", y)];
    double v = data[at("div", x)] / b;
    return record(DIV, x, y, v, 1 / b, -v / b);
  }

  /** Returns the node x / c. */
  public int divConstant(int x, double c) {
    return record(DIV, x, NONE, data[at("div", x)] / c, 1 / c, 0);
  }

  /**
   * Returns the node xʸ. By limits: the derivative of x⁰ by x is 0, that of 0ʸ by y is 0 for y ≥ 0;
   * for negative x the derivative by y is NaN.
   */
  public int pow(int x, int y) {
    double a = data[at("pow", x)];
    double b = data[at("pow", y)];
    double v = Math.pow(a, b);
    double byExponent = a == 0 && b >= 0 ? 0 : v * Math.log(a);
    return record(POW, x, y, v, slopeOfPower(a, b), byExponent);
  }

  /** Returns the node xᶜ; the derivative of x⁰ is 0. */
  public int powConstant(int x, double c) {
    double a = data[at("pow", x)];
    return record(POW, x, NONE, Math.pow(a, c), slopeOfPower(a, c), 0);
  }

  private static double slopeOfPower(double a, double b) {
    return b == 0 ? 0 : b * Math.pow(a, b - 1);
  }

  /** Returns the node −x. */
  public int neg(int x) {
    return record(NEG, x, NONE, -data[at("neg", x)], -1, 0);
  }

  /** Returns the node eˣ. */
  public int exp(int x) {
    double v = Math.exp(data[at("exp", x)]);
    return record(EXP, x, NONE, v, v, 0);
  }

  /** Returns the node ln x; its slope at 0 is +∞. */
  public int log(int x) {
    double a = data[at("log", x)];
    return record(LOG, x, NONE, Math.log(a), 1 / (a + 0.0), 0); // + 0.0 makes −0 positive
  }

  /** Returns the node √x; its slope at 0 is +∞. */
  public int sqrt(int x) {
    double v = Math.sqrt(data[at("sqrt", x)]);
    return record(SQRT, x, NONE, v, 0.5 / (v + 0.0), 0); // + 0.0 makes −0 positive
  }

  /** Returns the node sin x, x in radians. */
  public int sin(int x) {
    double a = data[at("sin", x)];
    return record(SIN, x, NONE, Math.sin(a), Math.cos(a), 0);
  }

  /** Returns the node cos x, x in radians. */
  public int cos(int x) {
    double a = data[at("cos", x)];
    return record(COS, x, NONE, Math.cos(a), -Math.sin(a), 0);
  }

  /** Returns the node tanh x. */
  public int tanh(int x) {
    double v = Math.tanh(data[at("tanh", x)]);
    return record(TANH, x, NONE, v, 1 - v * v, 0);
  }

  /** Returns the node max(x, 0); relu′(0) = 0. */
  public int relu(int x) {
    double a = data[at("relu", x)];
    return record(RELU, x, NONE, Math.max(a, 0), a > 0 ? 1 : 0, 0);
  }

  /** Returns this tape's name and how full it is. */
  @Override
  public String toString() {
    return "Tape \"" + name + "\": " + size + " nodes, room for " + capacity();
  }

  /** Returns the object for a node just recorded, or known to be on the tape. */
  Value handle(int node) {
    return new Value(this, node, epoch);
  }

  /** Returns the node of a value, if it is one of this tape and was not rewound. */
  int node(String user, Value value) {
    if (value.tape != this) {
      throw onAnotherTape(user, value);
    }
    if (value.node >= lowestRewind && value.epoch != epoch) {
      checkNotDropped(user, value);
    }
    return value.node;
  }

  /** Returns the mark of the rewind that dropped the value's node, or −1. */
  int droppedAt(Value value) {
    return rewinds.dropped(value.node, value.epoch);
  }

  // Errors are made in methods of their own, so that the checks are small enough to be inlined.

  private IllegalArgumentException onAnotherTape(String user, Value value) {
    return new IllegalArgumentException(
        user + ": an operand is on another tape: " + value + "; this is tape \"" + name + '"');
  }

  private void checkNotDropped(String user, Value value) {
    if (droppedAt(value) >= 0) {
      throw new IllegalStateException(
          user + ": " + value + "; keep its data() or its grad(), or record it below the mark");
    }
  }
}
