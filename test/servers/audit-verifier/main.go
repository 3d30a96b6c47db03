// Command audit-verifier verifies a Bailiwick audit export with code that is not Bailiwick's: the note and tree
// libraries of the Go checksum database. Usage: audit-verifier EXPORT KEY [EARLIER-CHECKPOINT-FILE]
package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type line struct {
	// of the header
	Format      string
	Checkpoint  string
	Whole       bool
	Consistency *struct {
		Size  int64
		Proof []tlog.Hash
	}
	// of a leaf; RawMessage keeps the record's bytes exactly as in the line, which is how they were hashed
	Index  *int64
	Record json.RawMessage
	Text   *string
	Proof  []tlog.Hash
}

func main() {
	records, err := verify(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("verified %d records\n", records)
}

func verify(args []string) (int64, error) {
	if len(args) < 2 {
		return 0, errors.New("usage: audit-verifier EXPORT KEY [EARLIER-CHECKPOINT-FILE]")
	}
	file, err := os.Open(args[0])
	if err != nil {
		return 0, err
	}
	defer file.Close()
	evidence, err := evidenceOf(file)
	if err != nil {
		return 0, err
	}
	lines := bufio.NewScanner(evidence)
	lines.Buffer(nil, 1<<20)
	var header line
	if !lines.Scan() {
		return 0, errors.New("no header")
	}
	if err := json.Unmarshal(lines.Bytes(), &header); err != nil {
		return 0, err
	}
	tree, err := openCheckpoint(header.Checkpoint, args[1])
	if err != nil {
		return 0, err
	}
	if len(args) > 2 {
		if err := checkEarlier(args[2], args[1], header, tree); err != nil {
			return 0, err
		}
	}
	return checkLeaves(lines, header, tree)
}

// evidenceOf returns the NDJSON export contained in a file of any format, gzipped or not.
func evidenceOf(file io.Reader) (io.Reader, error) {
	content := bufio.NewReaderSize(file, 1<<16)
	if magic, _ := content.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		plain, err := gzip.NewReader(content)
		if err != nil {
			return nil, err
		}
		content = bufio.NewReaderSize(plain, 1<<16)
	}
	first, _ := content.Peek(1 << 14)
	first, _, _ = bytes.Cut(first, []byte("\n"))
	switch {
	case bytes.HasPrefix(first, []byte("line,index,")):
		return fromCSV(content)
	case bytes.Contains(first, []byte(`"class_uid":`)):
		return fromOCSF(content)
	}
	return content, nil
}

func fromCSV(content io.Reader) (io.Reader, error) {
	rows, err := csv.NewReader(content).ReadAll()
	if err != nil {
		return nil, err
	}
	var lines bytes.Buffer
	for _, row := range rows[1:] {
		line, err := base64.StdEncoding.DecodeString(row[len(row)-1])
		if err != nil {
			return nil, err
		}
		lines.Write(append(line, '\n'))
	}
	return &lines, nil
}

func fromOCSF(content io.Reader) (io.Reader, error) {
	var lines bytes.Buffer
	for events := json.NewDecoder(content); ; {
		var event struct {
			RawData string `json:"raw_data"`
		}
		if err := events.Decode(&event); err == io.EOF {
			return &lines, nil
		} else if err != nil {
			return nil, err
		}
		lines.WriteString(event.RawData + "\n")
	}
}

func openCheckpoint(signed, key string) (tlog.Tree, error) {
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return tlog.Tree{}, err
	}
	opened, err := note.Open([]byte(signed), note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	parts := strings.Split(opened.Text, "\n")
	if len(parts) != 4 || parts[0] != verifier.Name() {
		return tlog.Tree{}, errors.New("not a checkpoint of this log")
	}
	size, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := tlog.ParseHash(parts[2])
	return tlog.Tree{N: size, Hash: root}, err
}

func checkEarlier(path, key string, header line, tree tlog.Tree) error {
	signed, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	earlier, err := openCheckpoint(string(signed), key)
	if err != nil {
		return err
	}
	if header.Consistency == nil || header.Consistency.Size != earlier.N {
		return errors.New("no consistency proof for the earlier checkpoint")
	}
	return tlog.CheckTree(header.Consistency.Proof, tree.N, tree.Hash, earlier.N, earlier.Hash)
}

func checkLeaves(lines *bufio.Scanner, header line, tree tlog.Tree) (int64, error) {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		hashes := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			if index >= int64(len(stored)) {
				return nil, errors.New("a leaf is missing")
			}
			hashes[i] = stored[index]
		}
		return hashes, nil
	})
	var count int64
	for lines.Scan() {
		var each line
		if err := json.Unmarshal(lines.Bytes(), &each); err != nil {
			return count, err
		}
		if each.Index == nil {
			continue
		}
		leaf := []byte(each.Record)
		if each.Text != nil {
			leaf = []byte(*each.Text)
		}
		if !header.Whole {
			if err := tlog.CheckRecord(each.Proof, tree.N, tree.Hash, *each.Index, tlog.RecordHash(leaf)); err != nil {
				return count, fmt.Errorf("record %d: %w", *each.Index, err)
			}
		} else {
			if *each.Index != count {
				return count, fmt.Errorf("record %d stands where %d should", *each.Index, count)
			}
			hashes, err := tlog.StoredHashes(count, leaf, reader)
			if err != nil {
				return count, err
			}
			stored = append(stored, hashes...)
		}
		count++
	}
	if err := lines.Err(); err != nil {
		return count, err
	}
	if header.Whole {
		root, err := tlog.TreeHash(count, reader)
		if err != nil {
			return count, err
		}
		if count != tree.N || root != tree.Hash {
			return count, errors.New("the tree over the records is not the signed one")
		}
	}
	return count, nil
}
