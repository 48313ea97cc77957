fn main() {
    let dir = std::env::args().nth(1).unwrap();
    let out = std::env::args().nth(2).unwrap();
    std::fs::create_dir_all(&out).unwrap();
    let results = sparsegrok_study::StudyResults::read(std::path::Path::new(&dir)).unwrap();
    let view = sparsegrok_report::View::of_study(&results).unwrap();
    for figure in sparsegrok_report::figures(&view, Default::default()) {
        let svg = sparsegrok_report::draw(&figure, sparsegrok_report::Theme::Print);
        std::fs::write(format!("{out}/{}.svg", figure.name), &svg).unwrap();
        std::fs::write(format!("{out}/{}.png", figure.name), sparsegrok_report::png::render(&svg).unwrap()).unwrap();
    }
}
