package org.adjoint.scalar;

import java.util.Arrays;
import java.util.List;

/**
 * A number that remembers how it was computed: a node of a {@link Tape}, seen as an object. Its
 * value is known at once; {@link #backward} gives the derivative by every number it came from.
 *
 * <pre>
 * Value a = Value.of(2), b = Value.of(-3);
 * Value loss = a.mul(b).add(10).tanh();
 * loss.backward();
 * double da = a.grad();
 * </pre>
 *
 * <p>It holds a tape and a position, no numbers, and is cheap to make and to forget. Operands must
 * be on one tape ({@link IllegalArgumentException} otherwise) and not dropped by {@link
 * Tape#rewind} ({@link IllegalStateException}, which names the node). {@link Tape} states what
 * derivatives are at the awkward points, and which thread may use a value.
 */
public final class Value {
  final Tape tape;
  final int node;
  final int epoch;

  Value(Tape tape, int node, int epoch) {
    this.tape = tape;
    this.node = node;
    this.epoch = epoch;
  }

  /** Returns a new leaf on this thread's own tape, {@link Tape#current}. */
  public static Value of(double data) {
    return Tape.current().value(data);
  }

  /** Returns the tape it is recorded on. */
  public Tape tape() {
    return tape;
  }

  /** Returns its node, which the methods of {@link Tape} take. */
  public int node() {
    return tape.node("node", this);
  }

  /** Returns the value. */
  public double data() {
    return tape.data(tape.node("data", this));
  }

  /**
   * Returns its gradient: for a leaf the sum over all backward passes since it was last set to
   * zero, for any other value that of the last pass.
   */
  public double grad() {
    return tape.grad(tape.node("grad", this));
  }

  /** Sets its gradient to 0. */
  public void zeroGrad() {
    tape.zeroGrad(tape.node("zeroGrad", this));
  }

  /**
   * Changes the value of a leaf. What was computed from it already stays as it is: rewind the tape
   * and compute it anew.
   *
   * @throws IllegalArgumentException if this is not a leaf
   */
  public void set(double data) {
    tape.set(tape.node("set", this), data);
  }

  /** Returns the name of the op that computed it, {@code leaf} if none did. */
  public String op() {
    return tape.opName(tape.node("op", this));
  }

  /** Returns what it was computed from: none, one or two values; constants are not among them. */
  public List<Value> operands() {
    return Arrays.stream(tape.operands(tape.node("operands", this))).mapToObj(tape::view).toList();
  }

  /** Adds the derivatives of this value to the gradients of the leaves it came from. */
  public void backward() {
    tape.backward(tape.node("backward", this));
  }

  /** Returns this + y. */
  public Value add(Value y) {
    return tape.handle(tape.add(tape.node("add", this), tape.node("add", y)));
  }

  /** Returns this + c. */
  public Value add(double c) {
    return tape.handle(tape.addConstant(tape.node("add", this), c));
  }

  /** Returns this − y. */
  public Value sub(Value y) {
    return tape.handle(tape.sub(tape.node("sub", this), tape.node("sub", y)));
  }

  /** Returns this − c. */
  public Value sub(double c) {
    return tape.handle(tape.subConstant(tape.node("sub", this), c));
  }

  /** Returns this · y. */
  public Value mul(Value y) {
    return tape.handle(tape.mul(tape.node("mul", this), tape.node("mul", y)));
  }

  /** Returns this · c. */
  public Value mul(double c) {
    return tape.handle(tape.mulConstant(tape.node("mul", this), c));
  }

  /** Returns this / y. */
  public Value div(Value y) {
    return tape.handle(tape.div(tape.node("div", this), tape.node("div", y)));
  }

  /** Returns this / c. */
  public Value div(double c) {
    return tape.handle(tape.divConstant(tape.node("div", this), c));
  }

  /** Returns this to the power y, with both derivatives; at zero they go by limits. */
  public Value pow(Value y) {
    return tape.handle(tape.pow(tape.node("pow", this), tape.node("pow", y)));
  }

  /** Returns this to the power c; the derivative of x⁰ is 0. */
  public Value pow(double c) {
    return tape.handle(tape.powConstant(tape.node("pow", this), c));
  }

  /** Returns −this. */
  public Value neg() {
    return tape.handle(tape.neg(tape.node("neg", this)));
  }

  /** Returns e to the power of this. */
  public Value exp() {
    return tape.handle(tape.exp(tape.node("exp", this)));
  }

  /** Returns the natural logarithm; its slope at 0 is +∞. */
  public Value log() {
    return tape.handle(tape.log(tape.node("log", this)));
  }

  /** Returns the square root; its slope at 0 is +∞, and no NaN where nothing flows. */
  public Value sqrt() {
    return tape.handle(tape.sqrt(tape.node("sqrt", this)));
  }

  /** Returns the sine of this, in radians. */
  public Value sin() {
    return tape.handle(tape.sin(tape.node("sin", this)));
  }

  /** Returns the cosine of this, in radians. */
  public Value cos() {
    return tape.handle(tape.cos(tape.node("cos", this)));
  }

  /** Returns the hyperbolic tangent. */
  public Value tanh() {
    return tape.handle(tape.tanh(tape.node("tanh", this)));
  }

  /** Returns max(this, 0); relu′(0) = 0. */
  public Value relu() {
    return tape.handle(tape.relu(tape.node("relu", this)));
  }

  /** Returns its op, node, tape, data and grad; for a node that was dropped, says so. */
  @Override
  public String toString() {
    int mark = tape.droppedAt(this);
    return mark < 0
        ? tape.describe(node)
        : "node " + node + " of tape \"" + tape.name() + "\", dropped by a rewind to " + mark;
  }
}
