package org.adjoint.cli;

import java.util.ArrayList;
import java.util.List;
import org.adjoint.DType;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** How option values are read: what is not in range never gets past the arguments. */
final class OptionValues {

  private OptionValues() {}

  /** Returns a number from 1 to {@code most}, or 0 if the text is none. */
  private static int count(String text, int most) {
    try {
      int value = Integer.parseInt(text);
      return value >= 1 && value <= most ? value : 0;
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  private static int required(String text, int value, String what) {
    if (value == 0) {
      throw new TypeConversionException("'" + text + "' is not " + what);
    }
    return value;
  }

  /** A whole number of at least 1. */
  static final class Count implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String text) {
      return required(text, count(text, Integer.MAX_VALUE), "a whole number of at least 1");
    }
  }

  /** A number of threads. */
  static final class Threads implements ITypeConverter<Integer> {
    private static final int MOST = 1024;

    @Override
    public Integer convert(String text) {
      return required(text, count(text, MOST), "a whole number from 1 to " + MOST);
    }
  }

  /** What a network computes in. */
  static final class Precision implements ITypeConverter<DType> {
    @Override
    public DType convert(String text) {
      return switch (text) {
        case "f32" -> DType.F32;
        case "bf16" -> DType.BF16;
        default -> throw new TypeConversionException("'" + text + "' is not one of [f32, bf16]");
      };
    }
  }

  /** A finite number above 0. */
  static final class Rate implements ITypeConverter<Double> {
    @Override
    public Double convert(String text) {
      try {
        double value = Double.parseDouble(text);
        if (value > 0 && value < Double.POSITIVE_INFINITY) {
          return value;
        }
      } catch (NumberFormatException e) {
        // said below, in the same words as for a number that is out of range
      }
      throw new TypeConversionException("'" + text + "' is not a number above 0");
    }
  }

  /** Sizes of layers, such as {@code 128,64}. */
  record Sizes(List<Integer> sizes) {
    /** Reads sizes between commas. */
    static final class Converter implements ITypeConverter<Sizes> {
      @Override
      public Sizes convert(String text) {
        List<Integer> sizes = new ArrayList<>();
        for (String size : text.split(",", -1)) {
          String what = "a list of whole numbers of at least 1, like 128,64";
          sizes.add(required(text, count(size, Integer.MAX_VALUE), what));
        }
        return new Sizes(List.copyOf(sizes));
      }
    }
  }
}
