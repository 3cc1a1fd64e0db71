package org.adjoint.nn.data;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import de.siegmar.fastcsv.reader.CsvRecordHandler;
import de.siegmar.fastcsv.reader.FieldMismatchStrategy;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * The records of CSV files in UTF-8, within bounds that keep a damaged file's memory small. How
 * many fields a record has is its visitor's business.
 *
 * @param separator what stands between fields
 * @param skipsEmptyLines whether a line without a character is no record
 * @param mostFields of a record
 * @param longest the most characters of a record
 */
record CsvRecords(char separator, boolean skipsEmptyLines, int mostFields, int longest) {
  /** What is done with a record. */
  interface Visitor {
    void visit(CsvRecord row);
  }

  /**
   * Visits all records of a source, in order.
   *
   * @throws DataException naming the source, and the row for what is not CSV
   */
  void each(Source source, Visitor visitor) {
    long rows = 0;
    try (CsvReader<CsvRecord> reader =
        CsvReader.builder()
            .fieldSeparator(separator)
            .skipEmptyLines(skipsEmptyLines)
            .maxBufferSize(longest)
            .extraFieldStrategy(FieldMismatchStrategy.IGNORE)
            .missingFieldStrategy(FieldMismatchStrategy.IGNORE)
            .allowUnclosedQuote(false)
            .build(
                CsvRecordHandler.builder()
                    .maxFields(mostFields)
                    .maxFieldSize(longest)
                    .maxRecordSize(longest)
                    .build(),
                new InputStreamReader(source.stream(), StandardCharsets.UTF_8.newDecoder()))) {
      for (CsvRecord row : reader) {
        visitor.visit(row);
        rows++;
      }
    } catch (UncheckedIOException e) {
      throw source.failure(e.getCause());
    } catch (IOException e) {
      throw source.failure(e);
    } catch (CsvParseException e) {
      throw e.getCause() instanceof IOException io
          ? source.failure(io)
          : source.error("row " + (rows + 1) + ": is not CSV: " + e.getMessage());
    }
  }
}
