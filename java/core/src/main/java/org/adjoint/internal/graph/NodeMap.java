package org.adjoint.internal.graph;

/**
 * A map from nodes, by identity, to ints ≥ 0, for one thread; open addressing over the nodes' own
 * hashes.
 */
public final class NodeMap {
  /** What stands for no value. */
  public static final int ABSENT = -1;

  private static final int FIRST = 64;
  private static final int LEAST = 8;

  private Node[] keys;
  private int[] values;
  private int size;

  /** Makes an empty map. */
  public NodeMap() {
    this(FIRST / 2);
  }

  /** Makes a map that holds about {@code expected} nodes without growing. */
  public NodeMap(int expected) {
    int length = Math.max(LEAST, Integer.highestOneBit(Math.max(1, 2 * expected - 1)) << 1);
    this.keys = new Node[length];
    this.values = new int[length];
  }

  /** Returns the value of a node, {@link #ABSENT} if it has none. */
  public int get(Node node) {
    int mask = keys.length - 1;
    for (int i = slot(node, mask); ; i = (i + 1) & mask) {
      if (keys[i] == node) {
        return values[i];
      }
      if (keys[i] == null) {
        return ABSENT;
      }
    }
  }

  /** Sets the value of a node. */
  public void put(Node node, int value) {
    if (2 * size >= keys.length) {
      grow();
    }
    int mask = keys.length - 1;
    int i = slot(node, mask);
    while (keys[i] != null && keys[i] != node) {
      i = (i + 1) & mask;
    }
    if (keys[i] == null) {
      size++;
    }
    keys[i] = node;
    values[i] = value;
  }

  private static int slot(Node node, int mask) {
    int h = node.hash();
    return (h ^ (h >>> 15)) & mask;
  }

  private void grow() {
    Node[] oldKeys = keys;
    int[] oldValues = values;
    keys = new Node[2 * oldKeys.length];
    values = new int[keys.length];
    size = 0;
    for (int i = 0; i < oldKeys.length; i++) {
      if (oldKeys[i] != null) {
        put(oldKeys[i], oldValues[i]);
      }
    }
  }
}
