package org.adjoint.nn.attention;

import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.adjoint.Attention;
import org.adjoint.DType;
import org.adjoint.Rotary;
import org.adjoint.Shape;
import org.adjoint.Tensor;
import org.adjoint.nn.Init;
import org.adjoint.nn.Layer;
import org.adjoint.nn.Linear;
import org.adjoint.nn.Origin;
import org.adjoint.nn.Training;

/**
 * Attention with several heads over tokens [n, tokens, width]: {@code torch.nn.MultiheadAttention}
 * with the batch first. Queries, keys and values are linear functions of the tokens; the heads'
 * outputs stand beside each other and go through one more. Which keys a query sees is said by the
 * methods of {@link Attention}: {@code attention.apply(x, x, a -> a.lengths(lengths), training)}.
 * The weights of the values are never stored, so no dropout is applied to them.
 *
 * <p>Source: A. Vaswani et al., "Attention is all you need", NeurIPS 2017, section 3.2.2.
 */
public final class MultiHeadAttention implements Layer {
  private final Options options;
  private final Linear q;
  private final Linear k;
  private final Linear v;
  private final Linear out;

  /**
   * How the attention is made; the methods return changed copies.
   *
   * @param width the size of a token
   * @param heads how many heads the queries have; they divide the width
   * @param keyHeads how many heads keys and values have; they divide the heads, which share them
   * @param biased whether the linear functions have biases
   * @param causal whether a query sees the keys up to its own place only
   * @param rotary how queries and keys are turned by their places; empty for not at all
   */
  public record Options(
      long width,
      int heads,
      int keyHeads,
      boolean biased,
      boolean causal,
      Optional<Rotary> rotary) {
    /**
     * Makes the options.
     *
     * @throws IllegalArgumentException naming the numbers, if heads do not divide what they should
     */
    public Options {
      if (heads < 1 || keyHeads < 1 || width < 1 || width % heads != 0 || heads % keyHeads != 0) {
        throw new IllegalArgumentException(
            "attention: width "
                + width
                + ", heads "
                + heads
                + ", heads of keys "
                + keyHeads
                + ": heads must divide the width, and those of keys the heads");
      }
    }

    /** Returns heads with keys of their own, with biases, that see every key. */
    public static Options of(long width, int heads) {
      return new Options(width, heads, heads, true, false, Optional.empty());
    }

    /** Returns a copy whose heads share this many heads of keys and values. */
    public Options keyHeads(int count) {
      return new Options(width, heads, count, biased, causal, rotary);
    }

    /** Returns a copy without biases. */
    public Options unbiased() {
      return new Options(width, heads, keyHeads, false, causal, rotary);
    }

    /** Returns a copy in which a query sees the keys up to its own place only. */
    public Options causally() {
      return new Options(width, heads, keyHeads, biased, true, rotary);
    }

    /** Returns a copy that turns queries and keys by their places. */
    public Options rotary(Rotary turn) {
      return new Options(width, heads, keyHeads, biased, causal, Optional.of(turn));
    }

    long size() {
      return width / heads;
    }
  }

  /**
   * Keys and values of the tokens so far, for generating token by token; of one shape however many
   * these are, so that each step is the same program.
   *
   * @param keys of shape [n, key heads, capacity, size]
   * @param values likewise
   * @param length how many tokens are in it
   */
  public record Cache(Tensor keys, Tensor values, long length) {}

  /**
   * What a step of generation gives.
   *
   * @param output of shape [n, tokens, width]
   * @param cache with the step's tokens in it
   */
  public record Step(Tensor output, Cache cache) {}

  private MultiHeadAttention(Options options, Linear q, Linear k, Linear v, Linear out) {
    this.options = options;
    this.q = q;
    this.k = k;
    this.v = v;
    this.out = out;
  }

  /**
   * Returns attention with fresh weights, by {@link Init#xavierUniform} unless the origin says how,
   * and biases of zeros.
   */
  public static MultiHeadAttention of(Origin origin, Options options) {
    Origin xavier = origin.init(origin.init().orElse(Init::xavierUniform));
    long keys = options.size() * options.keyHeads;
    return new MultiHeadAttention(
        options,
        linear(xavier.at("q"), options, options.width),
        linear(xavier.at("k"), options, keys),
        linear(xavier.at("v"), options, keys),
        linear(xavier.at("out_proj"), options, options.width));
  }

  private static Linear linear(Origin origin, Options options, long size) {
    return options.biased
        ? Linear.of(origin, options.width, size)
        : Linear.unbiased(origin, options.width, size);
  }

  /** Returns how the attention was made. */
  public Options options() {
    return options;
  }

  @Override
  public List<Child> children() {
    return List.of(
        new Child("q", q), new Child("k", k), new Child("v", v), new Child("out_proj", out));
  }

  /** Returns what the tokens make of each other. */
  @Override
  public Tensor apply(Tensor x) {
    return apply(x, Training.OFF);
  }

  /** Returns what the tokens make of each other. */
  @Override
  public Tensor apply(Tensor x, Training training) {
    return apply(x, x, UnaryOperator.identity(), training);
  }

  /**
   * Returns what queries make of other tokens, of shape [n, tokens, width].
   *
   * @param x the tokens that ask, of shape [n, tokens, width]
   * @param memory the tokens that are looked at, of shape [n, others, width]
   * @param masks says which keys a query sees, beside what the options say
   * @throws IllegalArgumentException naming the shapes, if they do not fit
   */
  public Tensor apply(Tensor x, Tensor memory, UnaryOperator<Attention> masks, Training training) {
    check(x);
    check(memory);
    if (x.dim(0) != memory.dim(0)) {
      throw new IllegalArgumentException(
          "attention: " + x.shape() + " and " + memory.shape() + " are not as many sequences");
    }
    Tensor queries = turned(heads(training.apply("q", q, x), options.heads), 0);
    Tensor keys = turned(heads(training.apply("k", k, memory), options.keyHeads), 0);
    Tensor values = heads(training.apply("v", v, memory), options.keyHeads);
    Attention attention = Attention.of(queries, keys, values);
    attention = masks.apply(options.causal ? attention.causal() : attention);
    return training.apply("out_proj", out, joined(attention.output()));
  }

  /**
   * Returns an empty cache.
   *
   * @param batch how many sequences are generated
   * @param capacity how many tokens it takes at most
   */
  public Cache cache(long batch, long capacity) {
    return new Cache(empty(batch, capacity), empty(batch, capacity), 0);
  }

  private Tensor empty(long batch, long capacity) {
    DType dtype = k.weight().dtype();
    return Tensor.zeros(dtype, batch, options.keyHeads, capacity, options.size());
  }

  /**
   * Returns what the next tokens of sequences make of all so far, themselves included, each seeing
   * the tokens up to its own place.
   *
   * @param x the next tokens, of shape [n, tokens, width]; one or more of each sequence
   * @param cache what {@link #cache} or the step before gave
   * @throws IllegalArgumentException naming the shapes or numbers, if they do not fit, or the cache
   *     has no room for the tokens
   */
  public Step step(Tensor x, Cache cache) {
    check(x);
    long tokens = x.dim(1);
    long capacity = cache.keys.dim(2);
    if (cache.length + tokens > capacity || cache.keys.dim(0) != x.dim(0)) {
      throw new IllegalArgumentException(
          "attention: tokens "
              + x.shape()
              + " do not go into a cache "
              + cache.keys.shape()
              + " that has "
              + cache.length
              + " of "
              + capacity
              + " tokens in it");
    }
    Tensor place = Tensor.arange(capacity).minus(Tensor.scalar(cache.length));
    Tensor keys =
        placed(turned(heads(k.apply(x), options.keyHeads), cache.length), cache.keys, place);
    Tensor values = placed(heads(v.apply(x), options.keyHeads), cache.values, place);
    Tensor queries = turned(heads(q.apply(x), options.heads), cache.length);
    Tensor seen = place.le(Tensor.arange(tokens).unsqueeze(1));
    Tensor output = Attention.of(queries, keys, values).mask(seen).output();
    return new Step(out.apply(joined(output)), new Cache(keys, values, cache.length + tokens));
  }

  /** Returns a cache with tokens at the places that are not negative and below their number. */
  private static Tensor placed(Tensor tokens, Tensor cached, Tensor place) {
    long count = tokens.dim(2);
    if (count == 0) {
      return cached;
    }
    Tensor row = place.maximum(0).minimum(count - 1);
    Tensor fresh = place.ge(0).and(place.lt(count)).unsqueeze(1);
    return Tensor.where(fresh, tokens.gather(2, row), cached);
  }

  private void check(Tensor x) {
    if (x.rank() != 3 || x.dim(2) != options.width) {
      throw new IllegalArgumentException(
          "attention: " + x.shape() + " is not [n, tokens, " + options.width + "]");
    }
  }

  /** Returns [n, tokens, heads · size] as [n, heads, tokens, size]. */
  private Tensor heads(Tensor x, int count) {
    return x.reshape(x.dim(0), x.dim(1), count, options.size()).transpose(1, 2);
  }

  /** Returns [n, heads, tokens, size] as [n, tokens, width]. */
  private Tensor joined(Tensor x) {
    return x.transpose(1, 2).reshape(x.dim(0), x.dim(2), options.width);
  }

  private Tensor turned(Tensor x, long first) {
    return options
        .rotary
        .map(turn -> turn.apply(x, Tensor.arange(x.dim(2)).plus(Tensor.scalar(first))))
        .orElse(x);
  }

  /** Returns the products of self-attention: scores and weighted values. */
  @Override
  public long multiplyAdds(Shape x, Shape y) {
    return Math.multiplyExact(2 * x.dim(0) * x.dim(1) * x.dim(1), options.width);
  }
}
